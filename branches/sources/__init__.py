"""The official files that the portal follows; importing this package registers them with the engine."""

from branches.sources.siro import source as siro

__all__ = ["siro"]
