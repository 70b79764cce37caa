"""What the search of the administration finds among corrections."""

from collections.abc import Iterator

from django.db.models import Q
from django.http import HttpRequest

from opco_portal.corrections.models import Correction
from opco_portal.french import day
from opco_portal.staff.lists import list_url, may_view, page_url
from opco_portal.staff.search import LIMIT, Group, Result, provider


@provider(order=50)
def corrections(request: HttpRequest, text: str) -> Iterator[Group]:
    """Corrections by words of what they changed or of their reason, the latest first."""
    if not may_view(request, Correction):
        return
    rows = list(Correction.objects.filter(Q(title__icontains=text) | Q(reason__icontains=text))[: LIMIT + 1])
    results = [Result(row.title, page_url(row), day(row.created_at.date())) for row in rows[:LIMIT]]
    yield Group("Corrections", "history", results, list_url(Correction, q=text) if len(rows) > LIMIT else "")
