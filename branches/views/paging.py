"""What the lists share: pages of rows, and fragments of pages for HTMX."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


def page_of(
    request: HttpRequest, rows: QuerySet[Any], *, size: int = PAGE_SIZE, count: int | None = None
) -> Page[Any]:
    """The page of rows that the address asks for; a `count` already known saves a query."""
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def is_fragment(request: HttpRequest) -> bool:
    """HTMX asks for the part of the page that changes, except when it restores the whole from history."""
    return bool(request.htmx and not request.htmx.history_restore_request)  # type: ignore[attr-defined]
