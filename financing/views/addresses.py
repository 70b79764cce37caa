"""The address as the state of a page: what was told, nothing of what was left blank."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse


def told(asked: Mapping[str, str]) -> dict[str, str]:
    """The values that were told."""
    return {name: value for name in asked if (value := asked[name].strip())}


def address_of(view: str, asked: Mapping[str, str], *about: str) -> str:
    """The address of a view, of what it is about where it needs that, with these values."""
    query = urlencode(told(asked))
    return reverse(view, args=about) + (f"?{query}" if query else "")


def has_blanks(asked: Mapping[str, str]) -> bool:
    """A form sends every field, filled in or not."""
    return any(not asked[name].strip() for name in asked)
