"""From the bytes of a file to its canonical text and blocks: one module per format, one builder for all."""
