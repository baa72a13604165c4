"""One module per thing the service does: load, decide, save under condition, tell."""
