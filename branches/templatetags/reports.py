"""The tables of a run's report, for any template: `{% for table in run.report|tables %}`.

Each is printed by `{% include "components/report_table.html" with table=table only %}`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from branches.evidence import reference
from branches.reports import ShownTable, shown_aside, shown_tables

register = template.Library()


@register.filter
def tables(report: Mapping[str, Any] | None) -> list[ShownTable]:
    return shown_tables(report, reference())


@register.filter
def aside(rows: Iterable[Mapping[str, Any]]) -> ShownTable:
    """{{ run.set_aside|aside }}: the rows that were not loaded, each with its reason."""
    return shown_aside(rows, reference())


@register.filter
def breakable(sentence: str) -> str:
    """For large type: a number and what it counts may part, rather than a word be cut on a phone."""
    return re.sub("(?<=\\d)\u00a0(?=[^\\W\\d])", " ", sentence)
