"""What broke other dialers, replayed against our own: seven scenarios, each with its verdict."""
