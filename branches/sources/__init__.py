"""The official files that the portal follows; importing this package registers them with the engine."""

from branches.sources.activities import ActivitiesSource
from branches.sources.agreements.source import AgreementsSource
from branches.sources.siro.source import SiroSource

__all__ = ["ActivitiesSource", "AgreementsSource", "SiroSource"]
