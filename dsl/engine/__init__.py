"""What runs a graph: the readable reference engine."""
