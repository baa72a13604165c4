"""`carillon`, the command line: it knows the service by its HTTP API alone."""
