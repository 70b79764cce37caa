"""How much one rule pays of one cost, and the sentence that says how it was worked out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from financing.calculator import sentences as say
from financing.calculator.outcome import Bite, Line
from financing.calculator.project import Project, cents
from financing.calculator.rates import Cut, paid_people, product
from financing.calculator.rules import Ceiling, Envelope, Rule, Tier
from financing.calculator.terms import Basis, Cost

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)


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

    `share` is the part of the cost that it pays at most, `cuts` what it leaves out of hours, nights or people.
    """

    amount: Decimal | None
    how: str
    share: Decimal = ONE
    cuts: tuple[Cut, ...] = ()
    to_tell: bool = False  # the project leaves out what it is counted from


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
    base = _base(rule, asked, project, spending)
    base = _known(base, rule, project, spending, envelope)
    if base.amount is None:
        return Line(cost, asked, None, base.how, rule, to_tell=base.to_tell)
    most = asked * base.share
    bites = [Bite(cut.sentence, cents(lost)) for cut in base.cuts if (lost := _lost(cut, most)) > 0]
    words, amount = [base.how], base.amount
    if already := spending.of_rule.get(rule.code, ZERO) if _is_one_sum(rule) else ZERO:
        amount = max(ZERO, amount - already)  # what another line took of it is gone
        words.append(say.already_counted(already))
    if amount > most:  # not a ceiling: nobody is paid more than they spend
        words.append(say.within_cost(most))
        amount = most
    for limit in _limits(rule, project, spending, envelope):
        if limit.amount < amount:
            bites.append(Bite(limit.sentence, cents(amount - limit.amount)))
            words.append(limit.sentence)
            amount = limit.amount
    return Line(cost, asked, cents(amount), ", ".join(words), rule, tuple(bites))


def _lost(cut: Cut, most: Decimal) -> Decimal:
    return min(cut.before, most) - min(cut.after, most)


def _known(base: Base, rule: Rule, project: Project, spending: Spending, envelope: Envelope | None) -> Base:
    """The base, unless a ceiling that nobody publishes, or that needs what is not told, leaves the amount unknown."""
    if base.amount is None:
        return base
    by_cost = rule.basis in (Basis.ACTUAL, Basis.PERCENT)
    if envelope is not None and envelope.amount is None and by_cost and not rule.ceilings:
        return Base(None, say.unknown_budget(envelope.label))
    if any(ceiling.per == "day" for ceiling in rule.ceilings) and project.all_days is None:
        return Base(None, say.length_needed("hours"), to_tell=True)
    if rule.within_pedagogical and spending.pedagogical is None:
        return Base(None, say.fees_needed())
    return base


def _is_one_sum(rule: Rule) -> bool:
    """The rule makes one amount for all the costs that it pays, instead of a share of each."""
    return rule.rate is not None or bool(rule.tiers) or rule.percent_of == "pedagogical"


# ------------------------------------------------------------------------------------------------ before ceilings
def _base(rule: Rule, asked: Decimal, project: Project, spending: Spending) -> Base:
    if rule.basis == Basis.EXCLUDED:
        return Base(ZERO, say.excluded())
    if rule.basis == Basis.UNPUBLISHED:
        return Base(None, say.unpublished())
    if rule.percent_of == "pedagogical":
        return _share_of_fees(rule, spending)
    if rule.tiers:
        return _tiered(rule, asked, project)
    if rule.basis in (Basis.ACTUAL, Basis.PERCENT):
        return _part_of_cost(rule, asked, project)
    return _at_rate(rule, rule.rate, project)


def _part_of_cost(rule: Rule, asked: Decimal, project: Project) -> Base:
    """The cost, or a percentage of it, for the trainees that are paid for."""
    share = (rule.percent or HUNDRED) / HUNDRED
    people = paid_people(rule, project)
    amount = asked * share * people / project.trainees
    how = say.share_of_cost(rule.percent, cents(asked * share)) if rule.percent else say.actual()
    if people == project.trainees:
        return Base(amount, how, share)
    cut = Cut(say.persons_at_most(people), asked * share, amount)
    return Base(amount, f"{how} ({cut.sentence}){say.equals(cents(amount))}", share, (cut,))


def _share_of_fees(rule: Rule, spending: Spending) -> Base:
    if spending.pedagogical is None or rule.percent is None:
        return Base(None, say.unpublished())
    amount = spending.pedagogical * rule.percent / HUNDRED
    return Base(amount, say.share_of_fees(rule.percent, cents(amount)))


def _at_rate(rule: Rule, rate: Decimal | None, project: Project) -> Base:
    """What a rate makes; a percentage applies to that, and to the cost where it is lower."""
    if rate is None or rule.unit is None:
        return Base(None, say.unpublished())
    made = product(rule, rate, project)
    if made is None:
        return Base(None, say.units_needed(rule.unit, rate), to_tell=True)
    if rule.percent is None:
        return Base(made.amount, made.how, cuts=made.cuts)
    share = rule.percent / HUNDRED
    cuts = tuple(Cut(cut.sentence, cut.before * share, cut.after * share) for cut in made.cuts)
    amount = made.amount * share
    return Base(amount, say.share_of(rule.percent, made.how, cents(amount)), share, cuts)


def _tiered(rule: Rule, asked: Decimal, project: Project) -> Base:
    measure = rule.tiers[0].measure
    if measure == "euros":
        amount = sum((_slice(tier, asked) for tier in rule.tiers), ZERO)
        return Base(amount, say.by_slices(cents(amount)))
    length = project.all_hours if measure == "hours" else project.months
    if length is None:
        return Base(None, say.length_needed(measure), to_tell=True)
    tier = next((each for each in rule.tiers if _holds(each, length)), None)
    if tier is None:
        return Base(None, say.no_tier(length, measure))
    if tier.amount is None:
        return _at_rate(rule, tier.rate, project)
    extra = (tier.extra or ZERO) * (length - tier.start)
    people = project.trainees if rule.per == "person" else 1
    return Base((tier.amount + extra) * people, say.tier_amount(tier, length, extra, people))


def _holds(tier: Tier, length: Decimal) -> bool:
    return (tier.start < length or length == tier.start == 0) and (tier.end is None or length <= tier.end)


def _slice(tier: Tier, asked: Decimal) -> Decimal:
    inside = max(ZERO, (asked if tier.end is None else min(asked, tier.end)) - tier.start)
    return inside * (tier.percent or ZERO) / 100


# ------------------------------------------------------------------------------------------------ ceilings
def _limits(rule: Rule, project: Project, spending: Spending, envelope: Envelope | None) -> Iterator[Limit]:
    """What bounds the amount besides the cost, in the order in which it is told."""
    for ceiling in rule.ceilings:
        yield _ceiling(ceiling, rule, project, spending)
    if rule.within_pedagogical:
        yield Limit(spending.pedagogical or ZERO, say.within_pedagogical())
    if envelope is not None and envelope.amount is not None:
        used = already_used(envelope, spending)
        spent = used + spending.of_envelope.get(envelope.code, ZERO)
        yield Limit(max(ZERO, envelope.amount - spent), say.budget(envelope, used))


def already_used(envelope: Envelope, spending: Spending) -> Decimal:
    """What the company has spent before of a budget; one for each request is always whole."""
    return ZERO if envelope.period == "action" else spending.already_used


def _ceiling(ceiling: Ceiling, rule: Rule, project: Project, spending: Spending) -> Limit:
    """A ceiling of a rule that pays several costs is one for all of them."""
    times = {"person": Decimal(paid_people(rule, project)), "day": project.all_days or ONE}.get(
        ceiling.per, ONE
    )
    yearly = ceiling.per == "company" and ceiling.period == "year"
    spent = spending.of_rule.get(rule.code, ZERO) + (spending.already_used if yearly else ZERO)
    return Limit(max(ZERO, ceiling.amount * times - spent), say.ceiling(ceiling, times))
