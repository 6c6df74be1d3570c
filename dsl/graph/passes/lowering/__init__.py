"""Composite operations written out in primitive ones, so that code generators need kernels for few operations."""
