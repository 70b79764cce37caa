"""What the tables have no room for: a text longer than its column, a figure with more decimals."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from financing.calculator.rules import Criteria, Envelope, Rule
from financing.models.conversion import criteria_row, envelope_row, rule_row
from financing.reference.reader import Document
from opco_portal.french import typeset

ROWS: dict[type[Any], Callable[[Any], Model]] = {
    Rule: rule_row,
    Envelope: lambda envelope: envelope_row(envelope, None),
    Criteria: criteria_row,
}
ELSEWHERE = ["opco", "envelope", "verified_on"]  # which the rest of the file decides


def check(document: Document) -> None:
    """Tell what the columns would refuse or round."""
    for kind, row_of in ROWS.items():
        for value in document.all(kind):
            for name, text in _refusals(row_of(value)):
                key = "source" if name == "source_url" else name
                document.add(value, key, f"{key} : {text}")


def _refusals(row: Model) -> Iterator[tuple[str, str]]:
    try:
        row.clean_fields(exclude=ELSEWHERE)
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            yield from ((name, typeset(text)) for text in texts)
