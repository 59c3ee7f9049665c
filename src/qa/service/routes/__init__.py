"""One module a subject; each route is one thought."""
