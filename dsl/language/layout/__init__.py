"""The canonical layout of programs, which `nn fmt` gives them."""
