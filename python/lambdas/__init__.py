"""The functions. A zip holds a handler and what it imports."""
