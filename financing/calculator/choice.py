"""Which of the rules that may apply do: branch before OPCO before law, then the more precise.

A rule gives way to a better one only where that one says as much: a branch's rate for languages does not silence the
OPCO's rate for everything else while nobody has said what the training is about.
"""

from collections.abc import Sequence
from datetime import date

from financing.calculator.project import Project
from financing.calculator.rules import Rule, Span
from financing.calculator.terms import ANCILLARY, Cost

_ANY = frozenset[str]()


def covers(cost: Cost) -> tuple[Cost, ...]:
    """The costs of rules that pay this cost, the most precise first."""
    return (cost, Cost.ANCILLARY, Cost.ALL) if cost in ANCILLARY else (cost, Cost.ALL)


def scope(rule: Rule) -> int:
    """0 for a branch's rule, 1 for the OPCO's, 2 for the law's."""
    return 0 if rule.idccs else 1 if rule.opco else 2


def chosen(rules: Sequence[Rule], cost: Cost, project: Project) -> list[Rule]:
    """The rules that stay for one cost; several where nothing published or told decides between them."""
    paying = [rule for rule in rules if rule.cost in covers(cost)]
    return [rule for rule in paying if not any(_silences(other, rule, cost, project) for other in paying)]


def _silences(other: Rule, rule: Rule, cost: Cost, project: Project) -> bool:
    return other is not rule and _says_as_much(other, rule, project) and _better(other, rule, cost, project)


def _better(other: Rule, rule: Rule, cost: Cost, project: Project) -> bool:
    """Whether the other rule comes first: the first criterion on which they differ decides."""
    order = covers(cost)
    for mine, theirs in (
        (scope(rule), scope(other)),
        (order.index(rule.cost), order.index(other.cost)),
        (project.kind not in rule.kinds, project.kind not in other.kinds),
    ):
        if mine != theirs:
            return theirs < mine
    if rule.headcount != other.headcount:
        return _inside(other.headcount, rule.headcount)  # overlapping bands are both kept
    return (other.since or date.min) > (rule.since or date.min)


def _inside(narrow: Span, wide: Span) -> bool:
    return (wide.min or 0) <= (narrow.min or 0) and (
        wide.max is None or (narrow.max is not None and narrow.max <= wide.max)
    )


def _says_as_much(other: Rule, rule: Rule, project: Project) -> bool:
    """Whether whatever the rule may be for, the other one is too, as far as the project leaves it open."""
    if other.audience not in ("", rule.audience):
        return False
    open_ = [(other.places, rule.places)] if project.place is None else []
    if project.kind is None:
        open_ += [(other.kinds, rule.kinds), (_words(other.topic), _words(rule.topic))]
    elif other.topic != rule.topic and project.kind in rule.kinds and project.kind in other.kinds:
        return False  # two topics of one kind: lots of a market, themes of a branch
    if project.modality is None:
        open_.append((other.modalities, rule.modalities))
    if any(mine and not (theirs and set(theirs) <= set(mine)) for mine, theirs in open_):
        return False
    return project.all_hours is not None or _inside(rule.duration, other.duration)


def _words(topic: str) -> tuple[str, ...]:
    return (topic,) if topic else ()
