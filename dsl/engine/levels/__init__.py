"""The generator for large graphs of scalars: single numbers, grouped by operation into vectors."""
