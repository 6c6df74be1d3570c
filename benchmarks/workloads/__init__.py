"""The workloads: for each a program, and a file with its numbers and with each peer's version of it."""
