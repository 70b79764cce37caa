"""What the calculator answers: options with their lines, and what it set aside, each with its reason."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from financing.calculator.project import Project
from financing.calculator.rules import Envelope, Funds, Payment, Rule
from financing.calculator.terms import Confidence, Cost, Eligibility, Scheme


@dataclass(frozen=True, slots=True)
class Bite:
    """A ceiling that was reached: its sentence, and what it took away in euros."""

    sentence: str
    lost: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One cost of an option. `financed` None: nobody publishes how much; `rule` None: no rule speaks of this cost.

    `to_tell`: the amount is not known because the project leaves out what it is counted from, not for want of a source.
    """

    cost: Cost
    asked: Decimal
    financed: Decimal | None
    explanation: str
    rule: Rule | None = None
    bites: tuple[Bite, ...] = ()
    to_tell: bool = False

    @property
    def remaining(self) -> Decimal | None:
        return None if self.financed is None else self.asked - self.financed


@dataclass(frozen=True, slots=True)
class Share:
    """An envelope as an option uses it; `left` None where its amount is not published."""

    envelope: Envelope
    used: Decimal
    left: Decimal | None


@dataclass(frozen=True, slots=True)
class Option:
    """One way to have the project financed; alternatives are not added together.

    `variant` tells it from the other options of its scheme, or what it is reserved to; "" where it is for all.
    `funds` is the status of the budget it is paid from, when some page gives one.
    """

    code: str
    scheme: Scheme
    label: str
    variant: str
    eligibility: Eligibility
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    conditions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    funds: Funds | None = None
    payment: Payment | None = None
    deadline: str = ""
    combines: tuple[str, ...] = ()  # the codes of the option and the rule that it adds up
    presumes: int = 0  # 1: a kind of training that the project does not tell, 2: people that it cannot tell

    @property
    def asked(self) -> Decimal:
        return sum((line.asked for line in self.lines), Decimal(0))

    @property
    def financed_at_least(self) -> Decimal:
        """What is known to be financed."""
        return sum((line.financed or Decimal(0) for line in self.lines), Decimal(0))

    @property
    def complete(self) -> bool:
        """Every line has a published amount."""
        return all(line.financed is not None for line in self.lines)

    @property
    def financed(self) -> Decimal | None:
        return self.financed_at_least if self.complete else None

    @property
    def remaining_at_most(self) -> Decimal:
        return self.asked - self.financed_at_least

    @property
    def remaining(self) -> Decimal | None:
        return self.remaining_at_most if self.complete else None

    @property
    def published(self) -> bool:
        """At least one line has a published amount."""
        return any(line.financed is not None for line in self.lines)

    @property
    def to_tell(self) -> bool:
        """The project would make a missing amount known."""
        return any(line.to_tell for line in self.lines)

    @property
    def bites(self) -> tuple[Bite, ...]:
        return tuple(bite for line in self.lines for bite in line.bites)

    @property
    def confidence(self) -> Confidence | None:
        """That of its weakest figure; None where it has none."""
        order = list(Confidence)
        return max((rule.confidence for rule in self.rules), key=order.index, default=None)

    @property
    def verified_on(self) -> date | None:
        """When its oldest figure was verified."""
        return min((rule.verified_on for rule in self.rules if rule.verified_on), default=None)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rule that was not applied, and why."""

    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What the project does not tell and the answer depends on: its field, and what to do, in French."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Everything that can be said of a project that day."""

    project: Project
    on: date
    options: tuple[Option, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    missing: tuple[Missing, ...] = ()
    messages: tuple[str, ...] = ()

    @property
    def best(self) -> Option | None:
        """The first option that is not closed and whose amounts are all published, presuming as little as may be."""
        open_ = (each for each in self.options if each.eligibility != Eligibility.NO and each.complete)
        return min(open_, key=lambda each: each.presumes, default=None)
