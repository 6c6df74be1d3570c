"""A program told: every value with the formula that made it, and every gradient by the chain rule, in symbols and numbers."""
