"""The web service: routes, schemas, pages, and the border where errors become responses."""
