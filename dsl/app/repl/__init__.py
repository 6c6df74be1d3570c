"""The interactive session: a program that grows statement by statement, and the commands that run it."""
