"""Passes over a section of a graph before it runs: each a function from one section to the next."""
