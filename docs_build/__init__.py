"""Documentation generator: the parts of the site that are written from the code."""
