"""Generations at another place: pushed there from the machine that builds, pulled from there by those that answer."""
