"""Finds a quotation again in a text that may have changed since, by proof and never by likeness. Pure."""
