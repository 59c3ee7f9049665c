"""Builds that are spread over machines: files are read and texts encoded on the nodes of a Ray cluster."""
