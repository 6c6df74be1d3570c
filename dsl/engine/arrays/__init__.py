"""The code generator for arrays: NumPy calls on memory that is laid out once."""
