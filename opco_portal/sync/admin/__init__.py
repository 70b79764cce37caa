"""The administration of the sources: what is served, what was done, what is under way, and when it is looked at."""

from opco_portal.sync.admin import cards  # noqa: F401 - what it registers
from opco_portal.sync.admin.runs import SyncRunAdmin
from opco_portal.sync.admin.schedules import HoursAdmin
from opco_portal.sync.admin.sources import SourceAdmin

__all__ = ["HoursAdmin", "SourceAdmin", "SyncRunAdmin"]
