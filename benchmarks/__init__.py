"""Benchmarks: scripts and their last results."""
