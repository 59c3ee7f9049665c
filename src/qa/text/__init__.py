"""Work on plain strings: sentence boundaries, and the weight of a question's words."""
