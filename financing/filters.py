"""The filters of the administration's lists of financing rules."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from branches.filters import Attention
from financing import attention
from financing.models import Rule


class RuleAttention(Attention):
    kept = {
        "chiffres-anciens": ("vérifiés il y a plus de six mois", attention.stale),
        "fin-proche": ("se terminent sous 30 jours", attention.expiring),
    }


class FundsAttention(Attention):
    kept = {
        "epuises": ("fonds épuisés aujourd’hui", attention.exhausted),
        "fin-proche": ("épuisements qui finissent sous 30 jours", attention.reopening),
    }


class PageAttention(Attention):
    kept = {"en-echec": ("ne répondent plus", lambda on: attention.failing_pages())}


class InForce(admin.SimpleListFilter):
    """Whether a rule applies today, no longer, or not yet."""

    title = "application"
    parameter_name = "application"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("en-vigueur", "en vigueur"), ("terminees", "terminées"), ("a-venir", "à venir")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Rule]") -> "QuerySet[Rule]":
        today = timezone.localdate()
        kept = {
            "en-vigueur": {"validity__contains": today},
            "terminees": {"validity__endswith__lte": today},
            "a-venir": {"validity__startswith__gt": today},
        }
        return queryset.filter(**kept.get(self.value() or "", {}))
