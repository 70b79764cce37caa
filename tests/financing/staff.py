"""What tests of the staff's pages share: rules to work on, and how a page is read, filled in and confirmed."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from financing.models import Envelope, Rule
from financing.models.conversion import period

SOURCE = "https://example.org/criteres"


def rule(code: str = "essai", **values: Any) -> Rule:
    """An hourly rate of Atlas for the engineering companies, since January."""
    values = {
        "opco_id": "atlas",
        "scheme": "pdc",
        "label": "Bureaux d’études : techniques d’essai",
        "cost": "pedagogical",
        "basis": "hourly",
        "rate": Decimal(25),
        "unit": "hour",
        "idccs": ["1486"],
        "validity": period(date(2026, 1, 1), None),
        "source_url": SOURCE,
        "verified_on": date(2026, 10, 5),
        "confidence": "exact",
        "origin": "reference",
        **values,
    }
    return Rule.objects.create(code=code, **values)


def envelope(code: str = "budget-essai", **values: Any) -> Envelope:
    values = {
        "label": "Budget d’essai",
        "opco_id": "atlas",
        "amount": Decimal(2500),
        "source_url": SOURCE,
        **values,
    }
    return Envelope.objects.create(code=code, origin="reference", **values)


def address(row: Any, action: str = "change", *more: Any) -> str:
    return reverse(f"admin:financing_{row._meta.model_name}_{action}", args=[row.pk, *more])


def said(response: Any) -> str:
    """What a page says, with ordinary spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def filled(form: Any) -> dict[str, Any]:
    """What the page of a form sends back when nothing is typed."""
    sent: dict[str, Any] = {}
    for bound in form:
        widget, value = bound.field.widget, bound.value()
        if hasattr(widget, "widgets_names"):
            parts = value if isinstance(value, list) else widget.decompress(value)
            parts = [*parts, *[None] * (len(widget.widgets_names) - len(parts))]
            sent |= {
                f"{bound.html_name}{name}": part
                for name, part in zip(widget.widgets_names, parts, strict=True)
            }
        elif value not in (False, None):
            sent[bound.html_name] = value
    return {name: "" if value is None else value for name, value in sent.items()}


def opened(client: Client, url: str) -> dict[str, Any]:
    """What a page would send back with nothing typed but a reason."""
    response = client.get(url)
    form = (
        response.context["adminform"].form if response.context.get("adminform") else response.context["form"]
    )
    version = {"version": response.context["version"]} if "version" in response.context else {}
    return filled(form) | version | {"reason": "relecture"}


def confirmed(client: Client, url: str, typed: dict[str, Any]) -> Any:
    """Read what would change, then confirm it."""
    shown = client.post(url, typed)
    preview = shown.context["preview"]
    assert preview, said(shown)
    return client.post(url, typed | {"confirm": preview.mark})
