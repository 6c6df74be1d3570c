"""The statements: a file for each kind says what it does to the graph and the names."""
