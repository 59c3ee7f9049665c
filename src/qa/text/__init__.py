"""Work on plain strings: sentence boundaries, the weight of a question's words, numbers in words."""
