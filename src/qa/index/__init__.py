"""The index on disk: immutable generations, built beside each other, published by one rename."""
