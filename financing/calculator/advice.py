"""What to tell beside the options: what would decide, and what to know."""

from collections.abc import Iterator, Sequence
from datetime import date

from financing.calculator import sentences as say
from financing.calculator.desk import Desk
from financing.calculator.doubts import MUTUALISED_BELOW
from financing.calculator.fit import missing
from financing.calculator.outcome import Missing, Option
from financing.calculator.project import HOURS_A_DAY, Project
from financing.calculator.rates import units
from financing.calculator.rules import Rule
from financing.calculator.sieve import Sieve
from financing.calculator.terms import Basis, Scheme, Unit

COUNTED = {
    Unit.HOUR: "hours",
    Unit.DAY: "hours",
    Unit.NIGHT: "nights",
    Unit.MEAL: "meal_count",
    Unit.KM: "kilometres",
    Unit.MONTH: "months",
}
TIERS = {"hours": Unit.HOUR, "months": Unit.MONTH}


def questions(sieve: Sieve, options: Sequence[Option], project: Project) -> Iterator[Missing]:
    """What the project does not tell and the answer depends on."""
    yield from dict.fromkeys(each.why.missing for each in sieve.refused if each.why.missing)
    mains = [option.rules[0] for option in options if option.rules]
    if project.kind is None and any(rule.kinds for rule in mains):
        yield missing["training_kind"]
    if project.modality is None and any(rule.modalities for rule in mains):
        yield missing["modality"]
    applied = [line.rule for option in options for line in option.lines if line.rule]
    if project.place is None and any(rule.places for rule in applied):
        yield missing["place"]
    yield from (missing[name] for name in dict.fromkeys(_units(applied, project)))


def _units(applied: Sequence[Rule], project: Project) -> Iterator[str]:
    """The fields that say how many hours, nights or months there are, where a rule counts them."""
    for rule in applied:
        for unit, name in COUNTED.items():
            by_tier = rule.tiers and TIERS.get(rule.tiers[0].measure) == unit
            by_day = unit == Unit.DAY and any(ceiling.per == "day" for ceiling in rule.ceilings)
            if (rule.unit == unit or by_tier or by_day) and units(unit, project) is None:
                yield name


def messages(sieve: Sieve, options: Sequence[Option], desk: Desk) -> Iterator[str]:
    """What to know of the whole answer."""
    project = desk.project
    if not options:
        yield say.nothing_published(project.action, desk.book.name)
    if project.start and project.start < desk.on:
        yield say.already_started(project.start, desk.book.name)
    if project.headcount is not None and project.headcount >= MUTUALISED_BELOW and _closed(options):
        yield say.open_to_all_sizes()
    if _uses_days(options, project):
        yield say.day_of_hours(HOURS_A_DAY)
    if project.territory is None and _depends_on_territory(sieve):
        yield say.mainland_assumed()
    if _overlap(options):
        yield say.overlapping()
    yield from _over(sieve, desk.on)
    verified = [option.verified_on for option in options if option.verified_on]
    if verified and desk.on.year > max(verified).year:
        yield say.next_year(desk.on, max(verified))


def _closed(options: Sequence[Option]) -> bool:
    plans = [option for option in options if option.scheme == Scheme.PLAN]
    return any(option.rules and option.rules[0].basis == Basis.EXCLUDED for option in plans)


def _uses_days(options: Sequence[Option], project: Project) -> bool:
    units = {line.rule.unit for option in options for line in option.lines if line.rule}
    return (Unit.DAY in units and project.days is None and project.hours is not None) or (
        Unit.HOUR in units and project.hours is None and project.days is not None
    )


def _overlap(options: Sequence[Option]) -> bool:
    """Two options of one scheme that differ by nothing but headcount bands that overlap."""
    mains = [option.rules[0] for option in options if option.rules and not option.combines]
    return any(
        first.headcount != second.headcount and _alike(first, second)
        for place, first in enumerate(mains)
        for second in mains[:place]
    )


def _alike(first: Rule, second: Rule) -> bool:
    def signature(rule: Rule) -> tuple[object, ...]:
        return rule.scheme, rule.kinds, rule.topic, rule.modalities, rule.audience, rule.duration, rule.group

    return signature(first) == signature(second)


def _depends_on_territory(sieve: Sieve) -> bool:
    return any(rule.territory for rule in (*sieve.fitting, *(each.rule for each in sieve.refused)))


def _over(sieve: Sieve, on: date) -> Iterator[str]:
    """Schemes whose rules ended with none to follow."""
    paying = [rule for rule in sieve.fitting if rule.opco and rule.pays_fees and rule.basis != Basis.EXCLUDED]
    speaking = {rule.scheme for rule in paying}
    speaking |= {each.rule.scheme for each in sieve.refused if each.why.missing}  # they may yet apply
    last: dict[Scheme, date] = {}
    for each in sieve.refused:
        programme = each.rule.scheme == Scheme.FSE  # which ends for good
        if each.rule.until and each.rule.scheme not in speaking and not programme:
            last[each.rule.scheme] = max(each.rule.until, last.get(each.rule.scheme, date.min))
    yield from (say.expired(scheme, until) for scheme, until in sorted(last.items()) if until < on)
