"""Finding passages: vectors and words, fused."""
