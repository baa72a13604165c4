"""Pure values and decisions: when, whom and how to call."""
