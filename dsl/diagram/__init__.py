"""Programs as pictures: boxes and edges from a graph, and the formats that they are written in."""
