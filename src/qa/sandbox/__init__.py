"""Runs pure functions of ours on bytes of strangers, in child processes under limits."""
