"""Which of the rules that may apply do: branch before OPCO before law, then the more precise.

A rule gives way to a better one only where that one says as much: a branch's rate for languages does not silence the
OPCO's rate for everything else while nobody has said what the training is about.
"""

from collections.abc import Iterator, Sequence, Set
from datetime import date

from financing.calculator.project import Project
from financing.calculator.rules import Hours, Rule, Span
from financing.calculator.terms import ANCILLARY, Basis, Cost, Kind

LAW = 2


def covers(cost: Cost) -> tuple[Cost, ...]:
    """The costs of rules that pay this cost, the most precise first."""
    return (cost, Cost.ANCILLARY, Cost.ALL) if cost in ANCILLARY else (cost, Cost.ALL)


def scope(rule: Rule) -> int:
    """0 for a branch's rule, 1 for the OPCO's, `LAW` for the national frame's."""
    return 0 if rule.idccs else 1 if rule.opco else LAW


def chosen(rules: Sequence[Rule], cost: Cost, project: Project, kinds: Set[Kind] | None = None) -> list[Rule]:
    """The rules that stay for one cost; several where nothing published or told decides between them.

    `kinds` are those that the training is known to be of: the project's, unless an option assumes its own.
    """
    known = ({project.kind} if project.kind else set()) if kinds is None else kinds
    paying = [rule for rule in rules if rule.cost in covers(cost)]
    return [
        rule for rule in paying if not any(_silences(other, rule, cost, project, known) for other in paying)
    ]


def _silences(other: Rule, rule: Rule, cost: Cost, project: Project, kinds: Set[Kind]) -> bool:
    if other is rule or rule.scheme in other.complements:
        return False
    if only_allows(rule) and scope(other) < LAW and not other.audience:
        return True
    return _says_as_much(other, rule, project, kinds) and _better(other, rule, cost, project, kinds)


def only_allows(rule: Rule) -> bool:
    """The law lets OPCOs pay this and leaves them the amount: whatever one of them publishes says more."""
    return scope(rule) == LAW and rule.basis == Basis.UNPUBLISHED


def _better(other: Rule, rule: Rule, cost: Cost, project: Project, kinds: Set[Kind]) -> bool:
    """Whether the other rule comes first: the first criterion on which they differ decides."""
    order = covers(cost)
    for mine, theirs in (
        (scope(rule), scope(other)),
        (order.index(rule.cost), order.index(other.cost)),
        (not kinds & set(rule.kinds), not kinds & set(other.kinds)),
        (project.modality not in rule.modalities, project.modality not in other.modalities),
    ):
        if mine != theirs:
            return theirs < mine
    if rule.headcount != other.headcount:
        return _inside(other.headcount, rule.headcount)  # overlapping bands are both kept
    return (other.since or date.min) > (rule.since or date.min)


def _inside(narrow: Span | Hours, wide: Span | Hours) -> bool:
    return (wide.min or 0) <= (narrow.min or 0) and (
        wide.max is None or (narrow.max is not None and narrow.max <= wide.max)
    )


def _says_as_much(other: Rule, rule: Rule, project: Project, kinds: Set[Kind]) -> bool:
    """Whether the other rule is for whatever this one may be for, as far as the project leaves it open.

    A rule of the same level that is more precise about what is open is an answer of its own.
    """
    if other.audience != rule.audience and not (scope(rule) == LAW and not other.audience):
        return False
    same_level = scope(other) == scope(rule)
    for theirs, own in _open(other, rule, project, kinds):
        if theirs != own and (same_level or (theirs and not (own and own <= theirs))):
            return False
    return project.all_hours is not None or _inside(rule.duration, other.duration)


def _open(other: Rule, rule: Rule, project: Project, kinds: Set[Kind]) -> Iterator[tuple[Set[str], Set[str]]]:
    """What the project does not decide, as the two rules limit it; an empty set is no limit."""
    if not kinds:
        yield set(other.kinds), set(rule.kinds)
        yield _words(other.topic), _words(rule.topic)
    elif kinds & set(rule.kinds) and kinds & set(other.kinds):  # lots of a market, themes of a branch
        yield _words(other.topic), _words(rule.topic)
    if project.modality is None:
        yield set(other.modalities), set(rule.modalities)
    if project.place is None:
        yield set(other.places), set(rule.places)


def _words(topic: str) -> Set[str]:
    return {topic} if topic else set()
