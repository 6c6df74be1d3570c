"""The graph of operations: nodes with ordered inputs, and the transformation that adds their gradients."""
