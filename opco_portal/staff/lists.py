"""Which lists an account may open, and where they are."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    """Whether the account may look at the rows of a model; nobody may where the administration has no list of them."""
    registered = admin.site._registry.get(model)
    return registered is not None and registered.has_view_permission(request)


def list_url(model: type[Model], **filters: Any) -> str:
    """The list of a model, narrowed down by what its filters are called in the address."""
    address = reverse(f"admin:{_name(model)}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def page_url(row: Model) -> str:
    """The page of one row in the administration."""
    return reverse(f"admin:{_name(type(row))}_change", args=[row.pk])


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def two_lines(first: str, second: str) -> SafeString:
    """A cell of a list; one element, because on a phone each is a column of its own."""
    return format_html('<div>{}<span class="detail">{}</span></div>', first, second)
