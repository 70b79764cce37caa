"""Runs as lists show them, without the reports and rows that make some of them heavy."""

from django.db.models import QuerySet

from opco_portal.sync.models import SyncRun


def light_runs() -> "QuerySet[SyncRun]":
    return SyncRun.objects.defer("report", "set_aside")


def latest_runs() -> "QuerySet[SyncRun]":
    """The last run of each source that ever had one."""
    return light_runs().order_by("source_id", "-pk").distinct("source_id")
