"""A small site whose owner wrote every page by hand, in German: what `e2e.anywhere` is tried on."""
