"""The conversation with the editor, in the words of the Language Server Protocol: the only part that knows pygls."""
