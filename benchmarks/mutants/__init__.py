"""Mutation testing: how many small faults in the package's code its own tests would notice."""
