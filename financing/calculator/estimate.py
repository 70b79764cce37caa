"""A project and the rules of its OPCO, made into options with their reasons."""

from dataclasses import replace
from datetime import date

from financing.calculator import advice
from financing.calculator import sentences as say
from financing.calculator.choice import only_allows
from financing.calculator.combinations import added
from financing.calculator.desk import Desk
from financing.calculator.doubts import unpublished
from financing.calculator.fit import missing
from financing.calculator.options import options_of
from financing.calculator.outcome import Estimate, Line, Option
from financing.calculator.particulars import payment_of
from financing.calculator.project import Project
from financing.calculator.rulebook import Rulebook
from financing.calculator.sieve import Sieve, sift
from financing.calculator.terms import SCHEMES, Eligibility, Kind, Scheme
from financing.calculator.why_not import rejections

ORDER = list(Eligibility)


def estimate(project: Project, book: Rulebook, on: date) -> Estimate:
    """What the rules in force that day make of the project; the order of the rules does not matter."""
    if project.certification and project.kind is None:
        project = replace(project, kind=Kind.CERTIFYING)
    desk = Desk(project, book, on)
    if not desk.asked:
        return Estimate(project, on, messages=(say.nothing_asked(),))
    sieve = sift(book.rules, project, on)
    options: list[Option] = []
    for scheme in SCHEMES[project.action]:
        options += _of_scheme(scheme, sieve, desk)
    options += added(options, sieve.fitting, desk)
    options.sort(key=_rank)
    return Estimate(
        project,
        on,
        options=tuple(options),
        rejected=tuple(rejections(sieve, options, desk)),
        missing=tuple(advice.questions(sieve, options, project)),
        messages=tuple(advice.messages(sieve, options, desk)),
    )


def _of_scheme(scheme: Scheme, sieve: Sieve, desk: Desk) -> list[Option]:
    """What is published; else why nothing is, which what the law only allows does not hide."""
    found = options_of(scheme, sieve.of(scheme), desk)
    if not found:
        return _unknown(scheme, sieve, desk)
    if all(only_allows(option.rules[0]) for option in found):
        return [each for each in _unknown(scheme, sieve, desk) if each.eligibility == Eligibility.NO] or found
    return found


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
def _unknown(scheme: Scheme, sieve: Sieve, desk: Desk) -> list[Option]:
    """An option without amounts, where there is one that the project or the publications do not let us work out."""
    refused = [each for each in sieve.refused if each.rule.scheme == scheme and each.rule.pays_fees]
    needed = [each.rule.headcount for each in refused if each.why.missing == missing["headcount"]]
    if needed:
        return [_without_amounts(scheme, say.size_of_scale(needed), desk, to_tell=True)]
    if not desk.book.set_by_branches(scheme):
        return []
    own = [each.why.reason for each in refused if each.rule.idccs and each.rule.in_force(desk.on)]
    if own and desk.project.idcc:  # its scale is published, and has nothing for this
        closed = _without_amounts(scheme, say.not_in_the_scale(), desk)
        return [replace(closed, eligibility=Eligibility.NO, reasons=tuple(dict.fromkeys(own)))]
    return [_without_amounts(scheme, unpublished(scheme, desk), desk)]


def _without_amounts(scheme: Scheme, reason: str, desk: Desk, *, to_tell: bool = False) -> Option:
    return Option(
        code=scheme.value,
        scheme=scheme,
        label=scheme.label,
        variant="",
        eligibility=Eligibility.TO_CHECK,
        reasons=(reason,),
        lines=tuple(Line(cost, asked, None, reason, to_tell=to_tell) for cost, asked in desk.asked.items()),
        rules=(),
        payment=payment_of(scheme, desk),
        deadline=desk.deadline,
    )
