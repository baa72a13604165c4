"""Whoever dials, one module each."""
