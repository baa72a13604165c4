"""The simulated carrier: dials nobody, rings in compressed time, and journals what it did."""
