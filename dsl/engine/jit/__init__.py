"""Python modules that are generated, compiled by numba and kept on disk."""
