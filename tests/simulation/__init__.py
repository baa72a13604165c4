"""The real use cases on the in-memory twins, in virtual time, with everything going wrong."""
