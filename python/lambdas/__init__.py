"""The functions of the workflow. A zip holds a handler and what it imports, see operations.package."""
