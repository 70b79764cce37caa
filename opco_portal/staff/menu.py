"""The menu of the administration: grouped by what people do, and only what they may see.

It names models as the settings name apps; one that has no list yet, or that the account may not view, is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from opco_portal.staff.lists import list_url, may_view


class Entry(NamedTuple):
    """A list: the label of its model, its icon, and its name where that of the model is too long or too vague."""

    model: str
    icon: str
    title: str = ""


GROUPS: Mapping[str, Sequence[Entry]] = {
    "Rattachements": [
        Entry("branches.conflict", "call_split"),
        Entry("branches.agreement", "gavel", "Conventions"),
        Entry("branches.attachment", "link"),
        Entry("branches.agreementname", "label"),
        Entry("branches.branch", "account_tree", "Branches"),
        Entry("branches.opco", "domain"),
        Entry("branches.disagreement", "balance", "Désaccords"),
    ],
    "Financements": [
        Entry("financing.rule", "euro"),
        Entry("financing.envelope", "savings"),
        Entry("financing.fundsstatus", "block", "Fonds déclarés"),
        Entry("financing.criteria", "rule", "Critères et réserves"),
        Entry("financing.sourcepage", "link_off", "Pages sources"),
    ],
    "Corrections": [Entry("corrections.correction", "history", "Corrections faites")],
    "Sources": [
        Entry("sync.source", "database"),
        Entry("sync.syncrun", "sync"),
        Entry("sync.hours", "schedule"),
    ],
    "Comptes": [
        Entry("auth.user", "person", "Comptes"),
        Entry("auth.group", "group"),
        Entry("axes.accessattempt", "lock", "Connexions refusées"),
    ],
}
OTHERS = "Autres"  # whatever is registered and not named above: nothing that exists is out of reach


class Place(NamedTuple):
    """A list as the menu shows it."""

    title: str
    url: str
    icon: str


def places(request: HttpRequest) -> dict[str, list[Place]]:
    """The lists that an account may open, by group; groups without any are absent."""
    models = {model._meta.label_lower: model for model in admin.site._registry if may_view(request, model)}
    groups = {
        group: [
            Place(
                entry.title or capfirst(str(model._meta.verbose_name_plural)),
                list_url(model),
                entry.icon,
            )
            for entry in entries
            if (model := models.pop(entry.model, None))
        ]
        for group, entries in GROUPS.items()
    }
    groups[OTHERS] = [
        Place(capfirst(str(model._meta.verbose_name_plural)), list_url(model), "list")
        for model in models.values()
    ]
    return {group: found for group, found in groups.items() if found}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as Unfold wants it."""
    return list(_navigation(request))


def _navigation(request: HttpRequest) -> Iterator[dict[str, Any]]:
    yield {"items": [_item(Place("À traiter", reverse("admin:index"), "inbox"))]}
    for group, found in places(request).items():
        yield {"title": group, "items": [_item(place) for place in found]}
    # Unfold takes an address for the page being shown when it begins like it, and every page is under this one.
    yield {"separator": True, "items": [_item(Place("Site public", "/", "public")) | {"active": False}]}


def _item(place: Place) -> dict[str, Any]:
    return {"title": place.title, "link": place.url, "icon": place.icon}
