"""Small sections as arithmetic on single numbers: every array is unrolled to its elements, and the loop is in the code."""
