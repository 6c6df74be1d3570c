"""The code generator for arrays with numba: loops that carry out many operations on elements at once."""
