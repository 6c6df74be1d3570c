"""How programs are coloured: what each lexeme is, for Pygments, for editors, and for the files made of the grammar."""
