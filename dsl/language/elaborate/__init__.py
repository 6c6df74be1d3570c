"""From the syntax tree to the graph: names, dimensions, types, calls; what is known before anything runs."""
