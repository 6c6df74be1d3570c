"""What can be typed at a place of a program: the session and editors complete with it."""
