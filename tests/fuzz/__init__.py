"""Whether the service keeps to its own description, whatever it is asked."""
