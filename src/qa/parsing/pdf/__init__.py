"""PDF to canonical text: glyphs, rows in reading order, blocks, and the way back to boxes on the page."""
