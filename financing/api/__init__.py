"""The public API of financing, under /api/v1/financing/."""
