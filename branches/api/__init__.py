"""The public API of the lookup and its reference, under /api/v1/."""
