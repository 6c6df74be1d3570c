"""What `--engine` calls the ways to run a program; apart from them, since the command line names them before it runs any."""

AUTOMATIC = "auto"
REFERENCE = "reference"

ENGINES = (AUTOMATIC, "numpy", "scalar", "levels", "numba", REFERENCE)
"""The choice that is left to the sizes, the code generators, and the interpreter that they are compared with."""
