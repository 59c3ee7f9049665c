"""Finding the answer inside the retrieved passages."""
