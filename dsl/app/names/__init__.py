"""What a program's names stand for, in few words: for the session and for editors."""
