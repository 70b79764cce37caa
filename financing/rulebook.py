"""The rules as the calculator takes them, kept in the memory of each process by data version."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from django.db.models import Model
from msgspec import ValidationError

from branches.evidence import reference
from financing.calculator import Rulebook
from financing.calculator.rules import Criteria as CriteriaValue
from financing.calculator.rules import Envelope as EnvelopeValue
from financing.calculator.rules import Rule as RuleValue
from financing.models import Criteria, Envelope, FundsStatus, Rule
from financing.models.conversion import criteria_value, envelope_value, rule_value
from opco_portal.sync.memory import Kept

logger = logging.getLogger(__name__)
M = TypeVar("M", bound=Model)
V = TypeVar("V")


def rulebook(opco: str, version: int | None = None) -> Rulebook:
    """The rules of an OPCO and of the national frame (pass the data version when it has just been read).

    Raises:
        KeyError: no OPCO has this slug.
    """
    return _kept(version)[opco]


def forget_rules() -> None:
    """Drop what is in memory; only tests, which roll versions back, need it."""
    _kept.forget()


def _read(version: int) -> Mapping[str, Rulebook]:
    """Every rulebook, in four queries."""
    rules: dict[str | None, list[RuleValue]] = defaultdict(list)
    for rule in _readable(Rule.objects.all(), rule_value):
        rules[rule.opco].append(rule)
    envelopes = _envelopes()
    criteria = {each.opco: each for each in _readable(Criteria.objects.order_by(), criteria_value)}
    return {
        slug: Rulebook(
            opco=slug,
            name=opco.name,
            rules=(*rules[slug], *rules[None]),
            envelopes=envelopes,
            criteria=_own_then_national(slug, criteria),
        )
        for slug, opco in reference(version).opcos.items()
    }


def _readable(rows: Iterable[M], value_of: Callable[[M], V]) -> Iterator[V]:
    """Rows as values; one of which nothing can be made must not take the others with it."""
    for row in rows:
        try:
            yield value_of(row)
        except ValidationError:
            logger.exception("left out of the rulebook: %s", row)


def _envelopes() -> dict[str, EnvelopeValue]:
    funds: dict[str, list[FundsStatus]] = defaultdict(list)
    for status in FundsStatus.objects.all():
        funds[status.envelope_id].append(status)
    return {row.code: envelope_value(row, funds[row.code]) for row in Envelope.objects.all()}


def _own_then_national(slug: str, criteria: Mapping[str | None, CriteriaValue]) -> tuple[CriteriaValue, ...]:
    return tuple(criteria[key] for key in (slug, None) if key in criteria)


_kept = Kept(_read)
