"""A project and the rules of its OPCO, made into options with their reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from financing.calculator import sentences as say
from financing.calculator.choice import chosen, covers
from financing.calculator.fit import Refusal, missing, refusal
from financing.calculator.options import MUTUALISED_BELOW, Desk, added, options_of, payment_of, unpublished
from financing.calculator.outcome import Estimate, Line, Missing, Option, Rejection
from financing.calculator.project import HOURS_A_DAY, Project
from financing.calculator.rulebook import Rulebook
from financing.calculator.rules import Rule
from financing.calculator.terms import SCHEMES, Basis, Cost, Eligibility, Scheme, Unit

ORDER = list(Eligibility)


def estimate(project: Project, book: Rulebook, on: date) -> Estimate:
    """What the rules in force that day make of the project; the order of the rules does not matter."""
    desk = Desk(project, book, on)
    concerned = sorted(filter(lambda rule: _concerns(rule, project), book.rules), key=_identity)
    refusals = {rule: refusal(rule, project, on) for rule in concerned}
    fitting = [rule for rule, refused in refusals.items() if refused is None]
    options: list[Option] = []
    for scheme in SCHEMES[project.action]:
        of_it = [rule for rule in fitting if rule.scheme == scheme]
        found = options_of(scheme, of_it, desk)
        options += found or _unknown(scheme, refusals, desk)
    options += added(options, fitting, desk)
    return Estimate(
        project,
        on,
        options=tuple(sorted(options, key=_rank)),
        rejected=tuple(_rejected(refusals, options, fitting, project, on)),
        missing=tuple(_missing(refusals, options, project)),
        messages=tuple(_messages(options, refusals, desk)),
    )


def _concerns(rule: Rule, project: Project) -> bool:
    """Not about another action, nor another branch's: those would only be noise among the reasons."""
    if rule.scheme not in SCHEMES[project.action]:
        return False
    return not rule.idccs or project.idcc is None or project.idcc in rule.idccs


def _identity(rule: Rule) -> tuple[str, date]:
    return rule.code, rule.since or date.min


def _rank(option: Option) -> tuple[object, ...]:
    """Open options first, then those that presume nothing, then those that leave least to pay; unknown amounts last."""
    return (
        ORDER.index(option.eligibility),
        not option.published,
        option.presumes,
        option.remaining_at_most,
        option.code,
    )


# ------------------------------------------------------------------------------------------------ nothing published
def _unknown(scheme: Scheme, refusals: dict[Rule, Refusal | None], desk: Desk) -> list[Option]:
    """An option without amounts, where there is one that the project or the publications do not let us work out."""
    of_it = {
        rule: why for rule, why in refusals.items() if rule.scheme == scheme and why and _pays_fees(rule)
    }
    needed = [rule for rule, why in of_it.items() if why.missing == missing["headcount"]]
    if needed:
        return [_without_amounts(scheme, say.size_of_scale(rule.headcount for rule in needed), desk)]
    if not desk.book.set_by_branches(scheme):
        return []
    own = [why.reason for rule, why in of_it.items() if rule.idccs and rule.in_force(desk.on)]
    if own and desk.project.idcc:  # its scale is published, and has nothing for this
        refused = _without_amounts(scheme, say.not_in_the_scale(), desk)
        return [replace(refused, eligibility=Eligibility.NO, reasons=tuple(dict.fromkeys(own)))]
    return [_without_amounts(scheme, unpublished(scheme, desk), desk)]


def _pays_fees(rule: Rule) -> bool:
    return rule.cost in (Cost.PEDAGOGICAL, Cost.ALL)


def _without_amounts(scheme: Scheme, reason: str, desk: Desk) -> Option:
    return Option(
        code=scheme.value,
        scheme=scheme,
        label=scheme.label,
        variant="",
        eligibility=Eligibility.TO_CHECK,
        reasons=(reason,),
        lines=tuple(Line(cost, asked, None, reason) for cost, asked in desk.project.asked().items()),
        rules=(),
        payment=payment_of(scheme, desk),
        deadline=desk.book.own.deadline if desk.book.own else "",
    )


# ------------------------------------------------------------------------------------------------ why not
def _rejected(
    refusals: dict[Rule, Refusal | None],
    options: Sequence[Option],
    fitting: Sequence[Rule],
    project: Project,
    on: date,
) -> Iterator[Rejection]:
    used = {rule for option in options for rule in option.rules}
    current = {rule.code for rule in refusals if rule.in_force(on)}
    for rule, why in refusals.items():
        if not rule.in_force(on) and rule.code in current:
            continue  # another version of it speaks today
        if why is not None:
            yield Rejection(rule, why.reason)
        elif rule not in used and (reason := _unused(rule, fitting, project)):
            yield Rejection(rule, reason)


def _unused(rule: Rule, fitting: Sequence[Rule], project: Project) -> str:
    """Why a rule that may apply was not; "" where nothing was asked of what it pays."""
    if not rule.alone:
        return say.only_added()
    same = [other for other in fitting if other.scheme == rule.scheme]
    for cost in project.asked():
        kept = chosen(same, cost, project)
        paying = [other for other in kept if other is not rule and other.cost in covers(cost)]
        if rule.cost in covers(cost) and paying and rule not in kept:
            return say.other_rule(paying[0])
    if rule.audience:
        return say.reserved_audience(rule.audience)
    if rule.kinds and rule.cost not in (Cost.PEDAGOGICAL, Cost.ALL):
        return say.with_another_kind(rule)
    return ""


# ------------------------------------------------------------------------------------------------ what to tell
def _missing(
    refusals: dict[Rule, Refusal | None], options: Sequence[Option], project: Project
) -> Iterator[Missing]:
    told = [why.missing for why in refusals.values() if why and why.missing]
    yield from dict.fromkeys(told)
    mains = [option.rules[0] for option in options if option.rules]
    if project.kind is None and any(rule.kinds for rule in mains):
        yield Missing("training_kind", "Précisez le type de formation\u202f: les taux en dépendent.")
    if project.modality is None and any(rule.modalities for rule in mains):
        yield Missing("modality", "Précisez la modalité\u202f: les taux en dépendent.")
    applied = [line.rule for option in options for line in option.lines if line.rule]
    if project.place is None and any(rule.places for rule in applied):
        yield Missing("place", "Précisez le lieu de la formation\u202f: nuits et repas en dépendent.")
    if project.all_hours is None and any(rule.unit in (Unit.HOUR, Unit.DAY) for rule in applied):
        yield missing["hours"]
    for unit, name, words in (
        (Unit.NIGHT, "nights", "le nombre de nuits"),
        (Unit.MEAL, "meal_count", "le nombre de repas"),
        (Unit.KM, "kilometres", "les kilomètres parcourus"),
        (Unit.MONTH, "months", "le nombre de mois"),
    ):
        if getattr(project, name) is None and any(rule.unit == unit for rule in applied):
            yield Missing(name, f"Précisez {words}\u202f: un barème s’y applique.")


def _messages(options: Sequence[Option], refusals: dict[Rule, Refusal | None], desk: Desk) -> Iterator[str]:
    project = desk.project
    if not options:
        yield say.nothing_published(project.action, desk.book.name)
    if project.headcount is not None and project.headcount >= MUTUALISED_BELOW and _closed(options):
        yield say.open_to_all_sizes()
    if _uses_days(options, project):
        yield say.day_of_hours(HOURS_A_DAY)
    if project.territory is None and any(rule.territory for rule in refusals):
        yield say.mainland_assumed()
    if _overlap(options):
        yield say.overlapping()
    yield from _over(refusals, desk.on)
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


def _over(refusals: dict[Rule, Refusal | None], on: date) -> Iterator[str]:
    """Schemes whose rules ended with none to follow."""
    for scheme in Scheme:
        ended = [rule.until for rule, why in refusals.items() if rule.scheme == scheme and why and rule.until]
        open_ = [
            rule for rule, why in refusals.items() if rule.scheme == scheme and why is None and rule.opco
        ]
        if ended and not open_ and max(ended) < on:
            yield say.expired(scheme, max(ended))
