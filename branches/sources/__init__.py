"""The official files that the portal follows; importing this package registers them with the engine."""

from branches.sources import activities
from branches.sources.agreements import source as agreements
from branches.sources.siro import source as siro

__all__ = ["activities", "agreements", "siro"]
