"""Looks for whatever keeps Quoth from working on this machine, and names the remedy. Changes nothing."""
