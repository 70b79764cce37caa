"""How much one rule pays of one cost, and the sentence that says how it was worked out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from financing.calculator import sentences as say
from financing.calculator.outcome import Bite, Line
from financing.calculator.project import Project, cents
from financing.calculator.rules import Ceiling, Envelope, Rule, Tier
from financing.calculator.terms import Basis, Cost, Unit
from opco_portal.french import euros

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(slots=True)
class Spending:
    """What an option has taken so far: from each envelope, from each rule that pays several costs, for course fees."""

    already_used: Decimal = ZERO
    of_envelope: dict[str, Decimal] = field(default_factory=dict)
    of_rule: dict[str, Decimal] = field(default_factory=dict)
    pedagogical: Decimal | None = None

    def note(self, line: Line, envelope: Envelope | None) -> None:
        """Remember what a line was paid."""
        paid = line.financed or ZERO
        if line.rule is not None:
            self.of_rule[line.rule.code] = self.of_rule.get(line.rule.code, ZERO) + paid
        if envelope is not None:
            self.of_envelope[envelope.code] = self.of_envelope.get(envelope.code, ZERO) + paid
        if line.cost == Cost.PEDAGOGICAL and line.rule is not None:
            self.pedagogical = line.financed if self.pedagogical is None else self.pedagogical + paid


@dataclass(frozen=True, slots=True)
class Base:
    """What a rule makes of a cost before any ceiling; None where something is not published or not told.

    `bites`: the units or the people beyond those that are paid.
    """

    amount: Decimal | None
    how: str
    bites: tuple[Bite, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that may be paid, and the words that say so."""

    amount: Decimal
    sentence: str


def line(
    rule: Rule,
    cost: Cost,
    asked: Decimal,
    project: Project,
    spending: Spending,
    envelope: Envelope | None,
) -> Line:
    """One cost as the rule pays it."""
    base = _base(rule, cost, asked, project, spending)
    if base.amount is not None and _bounded_by_unknown(rule, envelope):
        base = Base(None, say.unknown_budget(envelope.label)) if envelope else base
    if base.amount is None:
        return Line(cost, asked, None, base.how, rule)
    amount, bites, words = base.amount, list(base.bites), [base.how]
    already = spending.of_rule.get(rule.code, ZERO) if _is_one_sum(rule) else ZERO
    if already:  # what another line took of it is gone
        amount = max(ZERO, amount - already)
        words.append(say.already_counted(already))
    for limit in _limits(rule, asked, project, spending, envelope):
        if limit.amount < amount:
            bites.append(Bite(limit.sentence, cents(amount - limit.amount)))
            words.append(limit.sentence)
            amount = limit.amount
    if amount > asked:  # not a ceiling: nobody is paid more than they spend
        words.append(say.within_cost(asked))
        amount = asked
    return Line(cost, asked, cents(amount), ", ".join(words), rule, tuple(bites))


def _bounded_by_unknown(rule: Rule, envelope: Envelope | None) -> bool:
    """The real cost is paid from a budget that nobody publishes, and nothing else bounds it."""
    unknown = envelope is not None and envelope.amount is None
    return unknown and rule.basis == Basis.ACTUAL and not rule.ceilings


def _is_one_sum(rule: Rule) -> bool:
    """The rule makes one amount for all the costs that it pays, instead of a share of each."""
    return rule.rate is not None or bool(rule.tiers) or rule.percent_of == "pedagogical"


# ------------------------------------------------------------------------------------------------ before ceilings
def _base(rule: Rule, cost: Cost, asked: Decimal, project: Project, spending: Spending) -> Base:
    if rule.basis == Basis.EXCLUDED:
        return Base(ZERO, say.excluded())
    if rule.basis == Basis.UNPUBLISHED:
        return Base(None, say.unpublished())
    if rule.percent_of == "pedagogical":
        return _share_of_fees(rule, spending)
    if rule.tiers:
        return _tiered(rule, asked, project)
    if rule.basis in (Basis.ACTUAL, Basis.PERCENT):
        return _share(rule, Base(asked, say.actual()))
    return _share(rule, _at_rate(rule, rule.rate, asked, project))


def _share(rule: Rule, base: Base) -> Base:
    """The percentage that the rule pays of what its rate makes, or of the cost."""
    if rule.percent is None or base.amount is None:
        return base
    amount = base.amount * rule.percent / 100
    share = say.share(rule.percent)
    if rule.rate is None:
        return Base(amount, f"{share} du coût{say.equals(cents(amount))}")
    return Base(amount, f"{share} de {base.how}, soit {euros(cents(amount))}", base.bites)


def _share_of_fees(rule: Rule, spending: Spending) -> Base:
    if spending.pedagogical is None or rule.percent is None:
        return Base(None, say.unpublished())
    amount = spending.pedagogical * rule.percent / 100
    return Base(
        amount, f"{say.share(rule.percent)} des coûts pédagogiques financés{say.equals(cents(amount))}"
    )


def _at_rate(rule: Rule, rate: Decimal | None, asked: Decimal, project: Project) -> Base:
    """A rate times how many units there are of it; a percentage applies to what is spent of that."""
    if rate is None or rule.unit is None:
        return Base(None, say.unpublished())
    count = _count(rule.unit, project)
    if count is None:
        return Base(None, say.units_needed(rule.unit, rate))
    people = _people(rule, project)
    most = rule.max_units
    if most is not None and not _per_trainee(rule.unit) and rule.unit not in (Unit.MONTH, Unit.ACTION):
        most *= people  # nights, meals and kilometres are those of all trainees together
    counted = count if most is None else min(count, most)
    factors = [say.quantity(counted, rule.unit), euros(rate)]
    amount = counted * rate
    if rule.per == "person" and _per_trainee(rule.unit):
        amount *= people
        factors.append(say.persons(people))
    if rule.unit == Unit.PERSON:
        amount, factors = people * rate, [say.persons(people), euros(rate)]
    how = say.product(*factors) + say.equals(cents(amount))
    if rule.unit == Unit.ACTION:
        how = say.flat(rate)
    bites = tuple(_beyond(rule, rate, count, counted, people, project))
    how += "".join(f" ({bite.sentence})" for bite in bites)
    if rule.rate_max:
        how += f", {say.range_of(rule)}"
    if rule.percent is not None:
        amount = min(amount, asked)
    return Base(amount, how, bites)


def _beyond(
    rule: Rule, rate: Decimal, count: Decimal, counted: Decimal, people: int, project: Project
) -> Iterator[Bite]:
    """The units, then the trainees, that a rate does not pay."""
    assert rule.unit is not None
    each = rule.per == "person" and _per_trainee(rule.unit)
    if counted < count:
        yield Bite(say.at_most(counted, rule.unit), cents((count - counted) * rate * (people if each else 1)))
    if people < project.trainees and (each or rule.unit == Unit.PERSON):
        paid = counted if each else ONE
        yield Bite(say.persons_at_most(people), cents(paid * rate * (project.trainees - people)))


def _per_trainee(unit: Unit) -> bool:
    """Hours and days are those of the training: each trainee has them all."""
    return unit in (Unit.HOUR, Unit.DAY)


def _people(rule: Rule, project: Project) -> int:
    return min(project.trainees, rule.max_persons) if rule.max_persons else project.trainees


def _count(unit: Unit, project: Project) -> Decimal | None:
    return {
        Unit.HOUR: project.all_hours,
        Unit.DAY: project.all_days,
        Unit.NIGHT: project.nights,
        Unit.MEAL: project.meal_count,
        Unit.KM: project.kilometres,
        Unit.MONTH: project.months,
        Unit.PERSON: Decimal(project.trainees),
        Unit.ACTION: Decimal(1),
    }[unit]


def _tiered(rule: Rule, asked: Decimal, project: Project) -> Base:
    measure = rule.tiers[0].measure
    if measure == "euros":
        amount = sum((_slice(tier, asked) for tier in rule.tiers), ZERO)
        return Base(amount, f"barème par tranches de coût{say.equals(cents(amount))}")
    length = project.all_hours if measure == "hours" else project.months
    if length is None:
        return Base(None, say.length_needed(measure))
    tier = next((each for each in rule.tiers if _holds(each, length)), None)
    if tier is None:
        return Base(None, say.no_tier(length, measure))
    if tier.amount is None:
        return _at_rate(rule, tier.rate, asked, project)
    extra = (tier.extra or ZERO) * (length - tier.start)
    people = project.trainees if rule.per == "person" else 1
    return Base((tier.amount + extra) * people, say.tier_amount(tier, length, extra, people))


def _holds(tier: Tier, length: Decimal) -> bool:
    return (tier.start < length or length == tier.start == 0) and (tier.end is None or length <= tier.end)


def _slice(tier: Tier, asked: Decimal) -> Decimal:
    inside = max(ZERO, (asked if tier.end is None else min(asked, tier.end)) - tier.start)
    return inside * (tier.percent or ZERO) / 100


# ------------------------------------------------------------------------------------------------ ceilings
def _limits(
    rule: Rule, asked: Decimal, project: Project, spending: Spending, envelope: Envelope | None
) -> Iterator[Limit]:
    """What bounds the amount besides the cost, in the order in which it is told."""
    for ceiling in rule.ceilings:
        yield _ceiling(ceiling, rule, project, spending)
    if (
        rule.max_persons
        and rule.basis in (Basis.ACTUAL, Basis.PERCENT)
        and rule.max_persons < project.trainees
    ):
        part = asked * rule.max_persons / project.trainees
        yield Limit(part, say.persons_at_most(rule.max_persons))
    if rule.within_pedagogical:
        yield Limit(spending.pedagogical or ZERO, say.within_pedagogical())
    if envelope is not None and envelope.amount is not None:
        used = already_used(envelope, spending)
        spent = used + spending.of_envelope.get(envelope.code, ZERO)
        yield Limit(max(ZERO, envelope.amount - spent), say.budget(envelope, envelope.amount, used))


def already_used(envelope: Envelope, spending: Spending) -> Decimal:
    """What the company has spent before of a budget; one for each request is always whole."""
    return ZERO if envelope.period == "action" else spending.already_used


def _ceiling(ceiling: Ceiling, rule: Rule, project: Project, spending: Spending) -> Limit:
    """A ceiling of a rule that pays several costs is one for all of them."""
    times = {"person": Decimal(_people(rule, project)), "day": project.all_days or ONE}.get(ceiling.per, ONE)
    left = ceiling.amount * times - spending.of_rule.get(rule.code, ZERO)
    return Limit(max(ZERO, left), say.ceiling(ceiling, times))
