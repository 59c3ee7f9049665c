"""Work on plain strings: sentence boundaries."""
