"""From the calculator's values to rows and back; nothing else knows both shapes.

A row tells the same things in columns: bounds and dates as ranges, without their end, and an empty text or list for
what a value leaves out.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange, Range

from financing.calculator import rules as values
from financing.models.criteria import Criteria
from financing.models.envelopes import Envelope, FundsStatus
from financing.models.origin import Origin
from financing.models.rules import Rule

# What a rule and its row call by the same name.
SAME = (
    "code",
    "scheme",
    "label",
    "cost",
    "basis",
    "confidence",
    "verified_on",
    "idccs",
    "excluded_idccs",
    "territory",
    "audience",
    "kinds",
    "topic",
    "modalities",
    "places",
    "rate",
    "rate_max",
    "unit",
    "per",
    "percent",
    "percent_of",
    "max_units",
    "max_persons",
    "within_pedagogical",
    "complements",
    "alone",
    "requires",
    "conditions",
    "cautions",
    "quote",
    "article",
)
SPANS = ("headcount", "group")
STEPS = ("tiers", "ceilings")
LISTS = ("payments", "by_branch", "conditions", "cautions", "references")
T = TypeVar("T")
EMPTY: tuple[Any, ...] = (None, "", [])


# ------------------------------------------------------------------------------------------------ rules
def rule_row(rule: values.Rule) -> Rule:
    """The row of a rule of the reference files."""
    return Rule(
        **_columns(rule, SAME),
        **{name: bounds(getattr(rule, name)) for name in SPANS},
        duration=hour_bounds(rule.duration),
        **{name: _json(getattr(rule, name)) for name in STEPS},
        opco_id=rule.opco,
        envelope_id=rule.envelope,
        validity=period(rule.since, rule.until),
        source_url=rule.source,
        origin=Origin.REFERENCE,
    )


def rule_value(row: Rule) -> values.Rule:
    """A rule as the calculator takes it."""
    told = {name: getattr(row, name) for name in (*SAME, *STEPS)} | {
        "opco": row.opco_id,
        "envelope": row.envelope_id,
        "since": row.since,
        "until": row.until,
        "source": row.source_url,
        **{name: span(getattr(row, name)) for name in SPANS},
        "duration": hours(row.duration),
    }
    return _value(told, values.Rule)


# ------------------------------------------------------------------------------------------------ envelopes
def envelope_row(envelope: values.Envelope, opco: str | None) -> Envelope:
    """The row of an envelope of the reference files; what is said of its funds is in rows of its own."""
    return Envelope(
        code=envelope.code,
        opco_id=opco,
        label=envelope.label,
        amount=envelope.amount,
        at_least=envelope.at_least,
        period=envelope.period or "",
        source_url=envelope.source,
        origin=Origin.REFERENCE,
    )


def funds_rows(envelope: values.Envelope) -> list[FundsStatus]:
    """What the reference files say of the funds of an envelope."""
    return [
        FundsStatus(
            envelope_id=envelope.code,
            **_columns(funds, ("status", "since", "until", "note")),
            source_url=funds.source,
            origin=Origin.REFERENCE,
        )
        for funds in envelope.funds
    ]


def envelope_value(row: Envelope, funds: Iterable[FundsStatus]) -> values.Envelope:
    """An envelope with all that is known of its funds."""
    told = {name: getattr(row, name) for name in ("code", "label", "amount", "at_least")} | {
        "period": row.period or None,
        "source": row.source_url,
        "funds": [_funds_value(each) for each in funds],
    }
    return msgspec.convert(told, values.Envelope)


def _funds_value(row: FundsStatus) -> values.Funds:
    told = {name: getattr(row, name) for name in ("status", "since", "until", "note")}
    return _value(told | {"source": row.source_url}, values.Funds)


# ------------------------------------------------------------------------------------------------ criteria
def criteria_row(criteria: values.Criteria) -> Criteria:
    """The row of a reference file, without its rules and envelopes."""
    return Criteria(
        **_columns(criteria, ("verified_on", "request_url", "request_name", "deadline")),
        **{name: _json(getattr(criteria, name)) for name in LISTS},
        opco_id=criteria.opco,
        source_url=criteria.source,
    )


def criteria_value(row: Criteria) -> values.Criteria:
    """The criteria of an OPCO, without its rules and envelopes."""
    names = ("verified_on", "request_url", "request_name", "deadline", *LISTS)
    told = {name: getattr(row, name) for name in names} | {"opco": row.opco_id, "source": row.source_url}
    return _value(told, values.Criteria)


# ------------------------------------------------------------------------------------------------ ranges
def bounds(span: values.Span) -> NumericRange | None:
    """A span as PostgreSQL holds it."""
    if span.min is None and span.max is None:
        return None
    return NumericRange(span.min, None if span.max is None else span.max + 1)


def span(row: "Range[int] | None") -> values.Span:
    """What a range holds, both ends included."""
    if row is None:
        return values.Span()
    return values.Span(min=row.lower, max=None if row.upper is None else row.upper - 1)


def hour_bounds(hours: values.Hours) -> NumericRange | None:
    """Hours as PostgreSQL holds them."""
    return None if hours == values.Hours() else NumericRange(hours.min, hours.max, "[]")


def hours(row: "Range[Decimal] | None") -> values.Hours:
    """What a range of hours holds, both ends included."""
    return values.Hours() if row is None else values.Hours(min=row.lower, max=row.upper)


def period(since: date | None, until: date | None) -> DateRange:
    """From a day to another, included."""
    return DateRange(since, until and until + timedelta(days=1))


# ------------------------------------------------------------------------------------------------ plain forms
def _columns(value: msgspec.Struct, names: Iterable[str]) -> dict[str, Any]:
    """What a value says, by name; what it leaves out is the default of the column."""
    plain = msgspec.to_builtins(value, builtin_types=(Decimal, date))
    told = {name: plain[name] for name in names if name in plain}
    return {name: list(each) if isinstance(each, tuple) else each for name, each in told.items()}


def _json(value: Any) -> Any:
    """As a JSON column gives it back: decimals and dates are texts."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _value(told: dict[str, Any], kind: type[T]) -> T:
    return msgspec.convert({name: each for name, each in told.items() if each not in EMPTY}, kind)
