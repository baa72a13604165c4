"""The local stack: Carillon on one machine, in one command. Never deployed."""
