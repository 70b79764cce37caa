"""From the rules that may apply to the options that people compare, one scheme at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property

from financing.calculator import amounts
from financing.calculator import sentences as say
from financing.calculator.amounts import ZERO, Spending
from financing.calculator.choice import chosen, only_allows
from financing.calculator.outcome import Line, Option, Share
from financing.calculator.project import Project
from financing.calculator.rulebook import Rulebook
from financing.calculator.rules import Envelope, Funds, Payment, Rule
from financing.calculator.terms import Basis, Confidence, Cost, Eligibility, Kind, Scheme

MUTUALISED_BELOW = 50  # employees: Code du travail, L6332-17
SEVERAL = (Cost.ANCILLARY, Cost.ALL)  # what one rule may pay together


@dataclass(frozen=True)
class Desk:
    """What every step of an estimate needs to have at hand."""

    project: Project
    book: Rulebook
    on: date

    @cached_property
    def asked(self) -> dict[Cost, Decimal]:
        return self.project.asked()

    def envelope(self, rule: Rule) -> Envelope | None:
        return self.book.envelopes.get(rule.envelope) if rule.envelope else None

    def funds(self, rule: Rule) -> Funds | None:
        envelope = self.envelope(rule)
        return envelope.state(self.on) if envelope else None


def options_of(scheme: Scheme, rules: Sequence[Rule], desk: Desk) -> list[Option]:
    """The options of one scheme: one for each rule for the course fees that nothing decides against."""
    alone = [rule for rule in rules if rule.alone]
    fees_asked = Cost.PEDAGOGICAL in desk.asked or not desk.asked
    mains = chosen(alone, Cost.PEDAGOGICAL, desk.project) if fees_asked else []
    mains = mains or _without_fees(alone, desk)
    told = [_option(main, mains, alone, desk) for main in mains]
    return [replace(option, code=code) for option, code in zip(told, _codes(told), strict=True)]


def _without_fees(rules: Sequence[Rule], desk: Desk) -> list[Rule]:
    """A scheme that pays no course fees, or is asked for none: one option, for the first cost that it pays for all.

    What may be added to another scheme is shown there, where the fees are paid too.
    """
    fees_asked = Cost.PEDAGOGICAL in desk.asked
    usable = [rule for rule in rules if not (fees_asked and rule.complements)]
    general = [rule for rule in usable if not (rule.audience or rule.topic or only_allows(rule))]
    return (_first_paid(general, desk) or _first_paid(usable, desk))[:1]


def _codes(options: Sequence[Option]) -> Iterator[str]:
    """The scheme, and the rule where a scheme has several options: stable in addresses and in the API."""
    for option in options:
        yield option.scheme.value if len(options) == 1 else f"{option.scheme.value}:{option.rules[0].code}"


def _option(main: Rule, mains: Sequence[Rule], rules: Sequence[Rule], desk: Desk) -> Option:
    """The option of one rule for the course fees, `mains` being those of all the options of its scheme."""
    funds = desk.funds(main)
    spent, lines = _lines(main, rules, desk, desk.asked)
    if funds and funds.status == "exhausted":
        spent, lines = Spending(), [_not_paid(line, funds) for line in lines]
    applied = _applied(main, lines)
    reasons = (*_other_kinds(main, mains, desk.project), *_doubts(applied, desk))
    return Option(
        code="",
        scheme=main.scheme,
        label=main.scheme.label,
        variant=main.label if len(mains) > 1 or main.topic or main.audience else "",
        eligibility=_eligibility(main, funds, reasons),
        reasons=_refused(main, funds) or reasons,
        lines=tuple(lines),
        rules=applied,
        conditions=_conditions(applied, desk),
        cautions=_unique(text for rule in applied for text in rule.cautions),
        shares=_shares(applied, spent, desk),
        funds=funds,
        payment=payment_of(main.scheme, desk, main.code),
        deadline=desk.book.own.deadline if desk.book.own else "",
        presumes=2 if main.audience else int(bool(main.kinds) and desk.project.kind is None),
    )


# ------------------------------------------------------------------------------------------------ lines
def _lines(
    main: Rule,
    rules: Sequence[Rule],
    desk: Desk,
    asked: Mapping[Cost, Decimal],
    fees: Decimal | None = None,
) -> tuple[Spending, list[Line]]:
    """Each cost as it is paid; `fees` are the course fees that another option has financed already."""
    spending = Spending(desk.project.already_used, pedagogical=fees)
    lines = []
    for cost, amount in asked.items():
        line = _line(cost, amount, main, rules, desk, spending)
        spending.note(line, desk.envelope(line.rule) if line.rule else None)
        lines.append(line)
    return spending, lines


def _line(
    cost: Cost, asked: Decimal, main: Rule, rules: Sequence[Rule], desk: Desk, spending: Spending
) -> Line:
    if main.cost == cost or (main.cost == Cost.ALL and cost == Cost.PEDAGOGICAL):
        return amounts.line(main, cost, asked, desk.project, spending, desk.envelope(main))
    fitting = [rule for rule in rules if rule is main or _goes_with(rule, main, desk.project)]
    if main.cost == Cost.ALL:  # another general rule is another option, not a part of this one
        fitting = [rule for rule in fitting if rule is main or rule.cost != Cost.ALL]
    found = chosen(fitting, cost, desk.project, _kinds(main, desk.project))
    if not found:
        return Line(cost, asked, None, say.silent())
    paid = [amounts.line(rule, cost, asked, desk.project, spending, desk.envelope(rule)) for rule in found]
    return _prudent(paid)


def _kinds(main: Rule, project: Project) -> set[Kind]:
    """What the training is known to be, or taken to be by the option of that rule."""
    return {project.kind} if project.kind else set(main.kinds)


def _goes_with(rule: Rule, main: Rule, project: Project) -> bool:
    """Whether a rule for wages or travel is about the same training and people as the one for course fees."""
    return rule.audience in ("", main.audience) and _same_training(rule, main, project)


def _same_training(rule: Rule, main: Rule, project: Project) -> bool:
    kinds = _kinds(main, project)
    if rule.kinds and not kinds & set(rule.kinds):
        return False
    if rule.topic not in ("", main.topic) and not kinds & set(rule.kinds):
        return False
    return not (rule.modalities and main.modalities) or bool(set(rule.modalities) & set(main.modalities))


def _prudent(lines: Sequence[Line]) -> Line:
    """Of several published cases that the project does not tell apart, the one that pays least."""
    least = min(lines, key=lambda line: (line.financed is not None, line.financed or ZERO))
    others = [line.rule.label for line in lines if line is not least and line.rule]
    if not others:
        return least
    return replace(least, explanation=f"{least.explanation}\u202f; {say.prudent(others)}")


def _not_paid(line: Line, funds: Funds) -> Line:
    """What an exhausted budget leaves: nothing, with what its scale was."""
    was = f"\u202f; pour mémoire\u202f: {line.explanation}" if line.financed else ""
    return replace(line, financed=ZERO, explanation=say.exhausted(funds) + was, bites=())


def _applied(main: Rule, lines: Iterable[Line]) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys([main, *(line.rule for line in lines if line.rule)]))


# ------------------------------------------------------------------------------------------------ open or not
def _refused(main: Rule, funds: Funds | None) -> tuple[str, ...]:
    if funds and funds.status == "exhausted":
        return (say.exhausted(funds),)
    if main.basis == Basis.EXCLUDED:
        return (main.label, *main.conditions)
    return ()


def _eligibility(main: Rule, funds: Funds | None, doubts: Sequence[str]) -> Eligibility:
    if _refused(main, funds):
        return Eligibility.NO
    return Eligibility.TO_CHECK if doubts else Eligibility.YES


def _other_kinds(main: Rule, mains: Sequence[Rule], project: Project) -> Iterator[str]:
    """A general rate counts only if the training is none of the kinds that have their own."""
    if project.kind is None and not main.kinds and not main.audience and any(other.kinds for other in mains):
        yield say.confirm_other_kind()
    if main.topic and any(other is not main and project.kind in other.kinds for other in mains):
        yield say.confirm_kind(main)


def _doubts(applied: Sequence[Rule], desk: Desk) -> Iterator[str]:
    """What has to be checked before the option can be counted on."""
    main, project = applied[0], desk.project
    if main.kinds and project.kind is None:
        yield say.confirm_kind(main)
    if main.modalities and project.modality is None:
        yield say.confirm_modality(main)
    if project.all_hours is None and (main.duration.min or main.duration.max):
        yield say.confirm_duration(main.duration)
    yield from _unique(say.confirm_audience(rule.audience) for rule in applied if rule.audience)
    yield from _unique(text for rule in applied for text in rule.requires)
    if main.confidence == Confidence.BRANCH_DEPENDENT:
        yield say.confirm_branch()
    if main.basis == Basis.UNPUBLISHED:
        yield unpublished(main.scheme, desk, main)
    if (
        main.scheme == Scheme.PLAN
        and project.headcount is not None
        and project.headcount >= MUTUALISED_BELOW
        and main.basis != Basis.EXCLUDED
    ):
        yield say.mutualised_funds()


def unpublished(scheme: Scheme, desk: Desk, main: Rule | None = None) -> str:
    """Why an amount is not known: `main` is the rule that says that it is paid, where there is one."""
    if main is not None and (main.idccs or main.kinds or main.audience):
        return say.decided_by_opco(desk.book.name)
    if scheme == Scheme.CONVENTIONAL:
        return say.perhaps_funds(desk.book.name)
    if desk.book.set_by_branches(scheme):
        return say.branch_scale(desk.book.name)
    return say.decided_by_opco(desk.book.name)


# ------------------------------------------------------------------------------------------------ around it
def _conditions(applied: Sequence[Rule], desk: Desk) -> tuple[str, ...]:
    general = [
        f"{condition.text} ({condition.article})"
        for condition in desk.book.conditions
        if (not condition.schemes or applied[0].scheme in condition.schemes)
        and (desk.project.headcount is None or desk.project.headcount in condition.headcount)
        and (condition.since is None or condition.since <= desk.on)
    ]
    return _unique([*(text for rule in applied for text in rule.conditions), *general])


def _shares(applied: Sequence[Rule], spending: Spending, desk: Desk) -> tuple[Share, ...]:
    envelopes = {rule.envelope: desk.envelope(rule) for rule in applied}
    return tuple(_share(envelope, spending) for envelope in envelopes.values() if envelope)


def _share(envelope: Envelope, spending: Spending) -> Share:
    used = spending.of_envelope.get(envelope.code, ZERO)
    if envelope.amount is None:
        return Share(envelope, used, None)
    before = amounts.already_used(envelope, spending)
    return Share(envelope, used, max(ZERO, envelope.amount - before - used))


def payment_of(scheme: Scheme, desk: Desk, code: str = "") -> Payment | None:
    """How the money comes: what the OPCO says of a rule, of a scheme and size, else what it or the law says of all."""
    headcount = desk.project.headcount
    fitting = [
        payment
        for payment in desk.book.payments
        if (not payment.rules or any(fnmatchcase(code, name) for name in payment.rules))
        and (not payment.schemes or scheme in payment.schemes)
        and (headcount is None or headcount in payment.headcount)
        and (payment.since is None or payment.since <= desk.on)
        and (payment.until is None or desk.on <= payment.until)
    ]
    return min(fitting, key=lambda payment: (not payment.rules, not payment.schemes), default=None)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


# ------------------------------------------------------------------------------------------------ added together
def added(options: Sequence[Option], rules: Sequence[Rule], desk: Desk) -> list[Option]:
    """The combinations that the rules allow: what one leaves, paid by others that say they may be added to it."""
    adding = [rule for rule in rules if rule.complements]
    schemes = [scheme for scheme in Scheme if any(rule.scheme == scheme for rule in adding)]
    return [
        both
        for first in options
        if first.rules and first.eligibility != Eligibility.NO and first.presumes < 2
        for scheme in schemes
        for both in _added(first, [rule for rule in adding if _adds(rule, scheme, first)], desk)
    ]


def _adds(rule: Rule, scheme: Scheme, first: Option) -> bool:
    return rule.scheme == scheme and first.scheme in rule.complements and rule not in first.rules


def _added(first: Option, rules: Sequence[Rule], desk: Desk) -> Iterator[Option]:
    if not rules:
        return
    left = {line.cost: line.asked - (line.financed or ZERO) for line in first.lines if _is_open(line)}
    left = {cost: amount for cost, amount in left.items() if amount}
    fitting = [rule for rule in rules if left and _same_training(rule, first.rules[0], desk.project)]
    for main in _first_paid(fitting, desk):
        fees = next((line.financed for line in first.lines if line.cost == Cost.PEDAGOGICAL), None)
        spending, lines = _lines(main, fitting, desk, left, fees)
        if any(line.financed for line in lines):
            yield _sum_of(first, main, lines, spending, desk)


def _first_paid(rules: Sequence[Rule], desk: Desk) -> list[Rule]:
    """The rules for the first cost, among those that are asked, that any of them pays."""
    return next(filter(None, (chosen(rules, cost, desk.project) for cost in desk.asked)), [])


def _is_open(line: Line) -> bool:
    """Known to leave something, or nobody says that it is paid; what is paid and not published is neither."""
    return line.financed is not None or line.rule is None or only_allows(line.rule)


def _sum_of(first: Option, main: Rule, lines: Sequence[Line], spending: Spending, desk: Desk) -> Option:
    more = tuple(dict.fromkeys(line.rule for line in lines if line.rule and line.financed))
    applied = (*first.rules, *more)
    doubts = _unique((*first.reasons, *_doubts(more, desk)))
    paid = {line.cost: line for line in lines}
    return replace(
        first,
        code=f"{first.code}+{main.code}",
        label=say.added_to(first.label, main.label),
        eligibility=Eligibility.TO_CHECK if doubts else first.eligibility,
        reasons=doubts,
        lines=tuple(_sum(line, paid.get(line.cost)) for line in first.lines),
        rules=applied,
        conditions=_conditions(applied, desk),
        cautions=_unique(text for each in applied for text in each.cautions),
        shares=(*first.shares, *_shares(more, spending, desk)),
        combines=(first.code, main.code),
    )


def _sum(line: Line, second: Line | None) -> Line:
    if second is None or second.financed is None:
        return line
    if line.financed is None:
        return second
    return Line(
        line.cost,
        line.asked,
        line.financed + second.financed,
        f"{line.explanation}\u202f; puis {second.explanation}",
        second.rule if not line.financed else line.rule,
        (*line.bites, *second.bites),
    )
