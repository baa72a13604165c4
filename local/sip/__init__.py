"""The `sip` carrier: real calls, with the HTTP shape and the journal of the simulated one."""
