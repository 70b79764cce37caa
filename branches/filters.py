"""The filters of the administration's lists that the dashboard leads to."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from branches import attention

Rows = Callable[[date], QuerySet[Any]]


class Queue(admin.SimpleListFilter):
    """A list opens on what waits for somebody: that is what it is opened for."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "à traiter"}
        yield from others


class Attention(admin.SimpleListFilter):
    """Keeps the rows that a card of the dashboard counts."""

    title = "à traiter"
    parameter_name = "a_traiter"
    kept: ClassVar[Mapping[str, tuple[str, Rows]]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.kept.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.kept:
            return queryset
        _, rows = self.kept[str(self.value())]
        # As a subquery: what orders and counts these rows is no business of the list.
        return queryset.filter(pk__in=rows(timezone.localdate()).order_by().values("pk"))


class AgreementAttention(Attention):
    kept = {
        "sans-majorite": ("sans OPCO majoritaire", attention.without_majority),
        "sans-titre": ("sans titre", lambda on: attention.without_title()),
    }


class AttachmentAttention(Attention):
    kept = {"fin-proche": ("décisions bientôt terminées", attention.ending)}
