"""What functions, commands and monitor agree on. It needs the standard library alone, and importing it does nothing."""
