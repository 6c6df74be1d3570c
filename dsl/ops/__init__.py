"""The operations: dimensions and element types, and one declaration an operation in a file a family."""
