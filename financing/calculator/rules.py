"""The rules as values: one shape for the reference files, the database and the calculator.

Amounts are euros, net of VAT unless the conditions say otherwise; bounds and dates are included on both sides. A
field that is left out is not limited (scope) or not published (amount): nothing stands for zero but `excluded`.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct

from financing.calculator.terms import (
    Basis,
    Circuit,
    Confidence,
    Cost,
    Kind,
    Modality,
    Place,
    Scheme,
    Territory,
    Unit,
)


def holds(since: date | None, until: date | None, on: date) -> bool:
    """Whether a day is within a period, both ends included; None is no bound."""
    return (since is None or since <= on) and (until is None or on <= until)


def names(patterns: Iterable[str], code: str) -> bool:
    """Whether a code is among these: whole codes, or beginnings that end with `*`."""
    return any(fnmatchcase(code, pattern) for pattern in patterns)


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value that is read strictly: an unknown key is refused."""


class Span(Value, frozen=True, kw_only=True):
    """From `min` to `max`, both included; None is no bound."""

    min: int | None = None
    max: int | None = None

    @property
    def is_bounded(self) -> bool:
        """It leaves somebody out: every employer has somebody, so « 1 and more » does not."""
        return self.max is not None or (self.min or 0) > 1

    def __contains__(self, number: int) -> bool:
        return (self.min is None or self.min <= number) and (self.max is None or number <= self.max)


class Hours(Value, frozen=True, kw_only=True):
    """From `min` to `max` hours, both included; None is no bound."""

    min: Decimal | None = None
    max: Decimal | None = None

    def __contains__(self, hours: Decimal) -> bool:
        return (self.min is None or self.min <= hours) and (self.max is None or hours <= self.max)


class Tier(Value, frozen=True, kw_only=True):
    """A step of a scale: `measure` from `start` (excluded, but for 0) to `end` (included; None: without end).

    By hours or months, the step that holds the whole duration gives the rate: `rate` per hour, or `amount` plus
    `extra` per month beyond `start`. By euros, each slice of the cost is paid at the `percent` of its step.
    """

    measure: Literal["hours", "months", "euros"]
    start: Decimal = Decimal(0)
    end: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    extra: Decimal | None = None
    percent: Decimal | None = None


class Ceiling(Value, frozen=True, kw_only=True):
    """At most `amount` per person, action, company, or day of a group; `period`: how often, None where nobody says."""

    amount: Decimal
    per: Literal["person", "action", "company", "day"]
    period: Literal["action", "year"] | None = None


class Funds(Value, frozen=True, kw_only=True):
    """What a page says of a budget, that day: that it is exhausted, since when it is known, and until when."""

    status: Literal["open", "exhausted"]
    since: date
    until: date | None = None
    source: str
    note: str = ""

    def in_force(self, on: date) -> bool:
        return holds(self.since, self.until, on)


class Envelope(Value, frozen=True, kw_only=True):
    """A budget that rules share: what they pay together to a company, each year or for each request (`action`).

    `amount` None: the budget exists and is not published. `at_least`: the published amount is a guaranteed minimum
    (the true one depends on what the company contributes).
    """

    code: str
    label: str
    amount: Decimal | None = None
    at_least: bool = False
    period: Literal["year", "action"] | None = "year"
    source: str
    funds: tuple[Funds, ...] = ()

    def state(self, on: date) -> Funds | None:
        """The funds' status of that day; of several, the one known last."""
        known = [each for each in self.funds if each.in_force(on)]
        return max(known, key=lambda each: each.since, default=None)


class Rule(Value, frozen=True, kw_only=True):
    """One version of a rule; versions share their `code` and do not overlap in time."""

    code: str
    scheme: Scheme
    label: str
    cost: Cost
    basis: Basis
    source: str
    confidence: Confidence
    opco: str | None = None  # None: the national frame. Files give it once, for all their rules.
    verified_on: date | None = None  # idem

    # whom it is for
    idccs: tuple[str, ...] = ()  # none: every branch
    excluded_idccs: tuple[str, ...] = ()
    headcount: Span = Span()
    territory: Territory | None = None
    audience: str = ""  # whom it is reserved to, where that cannot be computed: « salarié de 50 ans et plus »
    # which training
    kinds: tuple[Kind, ...] = ()
    topic: str = ""  # the branch's own words for the kind: « techniques de fabrication »
    modalities: tuple[Modality, ...] = ()
    places: tuple[Place, ...] = ()
    duration: Hours = Hours()  # of the whole training
    group: Span = Span()  # trainees
    # how much
    rate: Decimal | None = None
    rate_max: Decimal | None = None  # the source gives a range, of which `rate` is the lower end
    unit: Unit | None = None
    per: Literal["person", "group"] = "person"  # whether a rate is paid for each trainee or once
    percent: Decimal | None = None  # of the cost, or of what `rate` makes of it
    percent_of: Literal["cost", "pedagogical"] = "cost"  # "pedagogical": of the course fees that are financed
    max_units: Decimal | None = (
        None  # units paid at most, for each person and action (hours of an hourly rate…)
    )
    max_persons: int | None = None  # trainees paid at most
    tiers: tuple[Tier, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    within_pedagogical: bool = False  # never more than the course fees that are financed
    envelope: str | None = None  # the code of the budget it is paid from
    complements: tuple[Scheme, ...] = ()  # what it may be added to, because the source says so
    alone: bool = True  # False: only in addition to what it complements
    # under which conditions
    requires: tuple[str, ...] = ()  # to be checked by the company, each makes the option « à vérifier »
    conditions: tuple[str, ...] = ()  # to be known
    cautions: tuple[str, ...] = ()  # contradictions or gaps of the sources that concern this figure
    since: date | None = None
    until: date | None = None
    # where it comes from
    quote: str = ""
    article: str = ""

    def in_force(self, on: date) -> bool:
        return holds(self.since, self.until, on)

    @property
    def pays_fees(self) -> bool:
        """It is about the course fees, alone or with everything else."""
        return self.cost in (Cost.PEDAGOGICAL, Cost.ALL)


class Payment(Value, frozen=True, kw_only=True):
    """How the money comes, for some rules, schemes or sizes and from some day on.

    `rules` are codes, or beginnings of codes that end with `*`.
    """

    circuit: Circuit
    text: str
    source: str
    rules: tuple[str, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    headcount: Span = Span()
    since: date | None = None
    until: date | None = None

    def in_force(self, on: date) -> bool:
        return holds(self.since, self.until, on)


class ByBranch(Value, frozen=True, kw_only=True):
    """Schemes whose scale each branch fixes: a branch without a rule here has one that is not published."""

    schemes: tuple[Scheme, ...]
    note: str
    source: str


class Condition(Value, frozen=True, kw_only=True):
    """What the law asks for whatever the OPCO, of some schemes and sizes (none named: of all)."""

    text: str
    article: str
    source: str
    schemes: tuple[Scheme, ...] = ()
    headcount: Span = Span()
    since: date | None = None

    def in_force(self, on: date) -> bool:
        return holds(self.since, None, on)


class Caution(Value, frozen=True, kw_only=True):
    """A contradiction or a gap of the sources; shown to staff, and on the figures of `rules` where it names some."""

    text: str
    rules: tuple[str, ...] = ()


class Reference(Value, frozen=True, kw_only=True):
    """A figure of the law that rules refer to: the minimum wage of an hour."""

    code: str
    label: str
    amount: Decimal
    unit: str
    source: str
    since: date


class Criteria(Value, frozen=True, kw_only=True):
    """A file: what one OPCO (or the national frame) pays, where it says so, and how to ask."""

    opco: str | None = None
    verified_on: date
    source: str  # the page of the criteria
    request_url: str = ""
    request_name: str = ""
    deadline: str = ""
    payments: tuple[Payment, ...] = ()
    by_branch: tuple[ByBranch, ...] = ()
    conditions: tuple[Condition, ...] = ()
    cautions: tuple[Caution, ...] = ()
    references: tuple[Reference, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    rules: tuple[Rule, ...] = ()
