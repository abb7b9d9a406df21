"""A small site with its own German templates, to test `e2e.anywhere`."""
