"""Training: optimisers, schedules, initialisers, data, metrics, and the loop that brings them together."""
