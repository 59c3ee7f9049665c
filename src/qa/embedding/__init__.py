"""Texts to vectors: the packaged encoder, any other model by name, and the memory of what was just encoded."""
