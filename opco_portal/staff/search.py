"""One field for everything that the administration knows: a page without script, and the command palette.

An app writes functions marked with `@provider(order=…)` in its module `finding`, which is found by itself. Each returns
only what the account may view; nothing is kept, so that a change of rights or of data is true at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from opco_portal.french import plain
from opco_portal.staff import menu

MAX_LENGTH = 100
LIMIT = 8  # results of one kind; the list shows the others


@dataclass(frozen=True)
class Result:
    """Something found; `links` are what else it leads to, as words and addresses."""

    title: str
    url: str
    detail: str = ""
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` is the address of the list that shows all of it, if there is more."""

    title: str
    icon: str
    results: Sequence[Result] = field(default_factory=list)
    more: str = ""


Provider = Callable[[HttpRequest, str], Iterable[Group]]


class _Registered(NamedTuple):
    order: int
    find: Provider


_registered: list[_Registered] = []


def provider(*, order: int) -> Callable[[Provider], Provider]:
    """Register a function that finds what a text may mean; a small `order` is told first."""

    def register(find: Provider) -> Provider:
        _registered.append(_Registered(order, find))
        return find

    return register


def find(request: HttpRequest, text: str) -> list[Group]:
    """What a text may mean to an account, by kind; kinds of which nothing was found are absent."""
    text = text.strip()[:MAX_LENGTH]
    if not text:
        return []
    ordered = sorted(_registered, key=lambda each: each.order)
    return [group for each in ordered for group in each.find(request, text) if group.results]


def page(request: HttpRequest) -> HttpResponse:
    """The page of results, which says what can be searched when there are none."""
    text = request.GET.get("q", "").strip()[:MAX_LENGTH]
    context = {
        **admin.site.each_context(request),
        "title": "Recherche",
        "q": text,
        "groups": find(request, text),
    }
    return TemplateResponse(request, "admin/search.html", context)


def palette(request: HttpRequest) -> HttpResponse:
    """The results under the field of the command palette, in Unfold's own fragment.

    Unfold's own view keeps results for five minutes, whatever was corrected or forbidden since.
    """
    text = request.GET.get("s", "").strip()
    if not text:
        return HttpResponse()
    started = perf_counter()
    results = [
        {
            "title": result.title,
            "description": result.detail or group.title,
            "link": result.url,
            "icon": group.icon,
        }
        for group in find(request, text)
        for result in group.results
    ]
    pages = Paginator(results, max(len(results), 1))
    context: dict[str, Any] = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": perf_counter() - started,
        "command_show_history": False,
    }
    return TemplateResponse(
        request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
    )


@provider(order=90)
def lists(request: HttpRequest, text: str) -> Iterable[Group]:
    """The lists of the menu of which every typed word begins a word of the name."""
    typed = plain(text).split()
    found = [
        Result(place.title, place.url)
        for places in menu.places(request).values()
        for place in places
        if all(any(name.startswith(word) for name in plain(place.title).split()) for word in typed)
    ]
    yield Group("Listes", "list", found)
