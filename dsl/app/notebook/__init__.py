"""Notebooks: `%%nn` cells, `%nn` lines, and names shared with Python."""
