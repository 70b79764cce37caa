"""Which of the rules that may apply do: branch before OPCO before law, then the more precise.

A rule gives way to a better one only where that one says as much: a branch's rate for languages does not silence the
OPCO's rate for everything else while nobody has said what the training is about.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from financing.calculator.project import Project
from financing.calculator.rules import Hours, Rule, Span
from financing.calculator.terms import ANCILLARY, Basis, Cost, Kind, Territory

LAW = 2


def covers(cost: Cost) -> tuple[Cost, ...]:
    """The costs of rules that pay this cost, the most precise first."""
    return (cost, Cost.ANCILLARY, Cost.ALL) if cost in ANCILLARY else (cost, Cost.ALL)


def scope(rule: Rule) -> int:
    """0 for a branch's rule, 1 for the OPCO's, `LAW` for the national frame's."""
    return 0 if rule.idccs else 1 if rule.opco else LAW


@dataclass(frozen=True, slots=True)
class Assumed:
    """What an option takes the training to be, where the project does not tell."""

    kinds: Set[Kind] = frozenset()
    topic: str = ""
    audience: str = ""


def assumed_by(project: Project, main: Rule | None = None) -> Assumed:
    """What the project tells, and what the option of a rule adds to it."""
    told = frozenset([project.kind] if project.kind else [])
    return Assumed(told or frozenset(main.kinds), main.topic, main.audience) if main else Assumed(told)


def chosen(rules: Sequence[Rule], cost: Cost, project: Project, assumed: Assumed | None = None) -> list[Rule]:
    """The rules that stay for one cost; several where nothing published or told decides between them."""
    known = assumed or assumed_by(project)
    paying = [rule for rule in rules if rule.cost in covers(cost)]
    return [
        rule for rule in paying if not any(_silences(other, rule, cost, project, known) for other in paying)
    ]


def _silences(other: Rule, rule: Rule, cost: Cost, project: Project, known: Assumed) -> bool:
    if other is rule or rule.scheme in other.complements:
        return False
    if only_allows(rule) and scope(other) < LAW and not other.audience:
        return True
    return _says_as_much(other, rule, project, known) and _better(other, rule, cost, project, known)


def only_allows(rule: Rule) -> bool:
    """The law lets OPCOs pay this and leaves them the amount: whatever one of them publishes says more."""
    return scope(rule) == LAW and rule.basis == Basis.UNPUBLISHED


def _better(other: Rule, rule: Rule, cost: Cost, project: Project, known: Assumed) -> bool:
    """Whether the other rule comes first: the first criterion on which they differ decides."""
    order = covers(cost)
    territory = project.territory or Territory.MAINLAND
    for mine, theirs in (
        (scope(rule), scope(other)),
        (order.index(rule.cost), order.index(other.cost)),
        (not known.kinds & set(rule.kinds), not known.kinds & set(other.kinds)),
        (rule.audience != known.audience, other.audience != known.audience),
        (project.modality not in rule.modalities, project.modality not in other.modalities),
        (project.place not in rule.places, project.place not in other.places),
        (rule.territory != territory, other.territory != territory),
    ):
        if mine != theirs:
            return theirs < mine
    for own, others in (
        (rule.headcount, other.headcount),
        (rule.duration, other.duration),
        (rule.group, other.group),
    ):
        if own != others:
            return _inside(others, own)  # bands that overlap are both kept
    return (other.since or date.min) > (rule.since or date.min)


def _inside(narrow: Span | Hours, wide: Span | Hours) -> bool:
    return (wide.min or 0) <= (narrow.min or 0) and (
        wide.max is None or (narrow.max is not None and narrow.max <= wide.max)
    )


def _says_as_much(other: Rule, rule: Rule, project: Project, known: Assumed) -> bool:
    """Whether the other rule is for whatever this one may be for, as far as the project leaves it open.

    A rule of the same level that is more precise about what is open is an answer of its own.
    """
    default = (
        scope(rule) == LAW > scope(other) and not other.audience
    )  # the law's, where nobody fixed another
    if other.audience not in (rule.audience, known.audience or rule.audience) and not default:
        return False
    same_level = scope(other) == scope(rule)
    for theirs, own in _open(other, rule, project, known):
        if theirs != own and (same_level or (theirs and not (own and own <= theirs))):
            return False
    return project.all_hours is not None or _inside(rule.duration, other.duration)


def _open(other: Rule, rule: Rule, project: Project, known: Assumed) -> Iterator[tuple[Set[str], Set[str]]]:
    """What the project does not decide, as the two rules limit it; an empty set is no limit."""
    if not known.kinds:
        yield set(other.kinds), set(rule.kinds)
    themes = bool(known.kinds & set(other.kinds)) and (rule.kinds or scope(other) == scope(rule))
    if not known.kinds or (themes and not known.topic):
        yield _words(other.topic), _words(rule.topic)  # lots of a market, themes of a branch
    if project.modality is None:
        yield set(other.modalities), set(rule.modalities)
    if project.place is None:
        yield set(other.places), set(rule.places)


def _words(topic: str) -> Set[str]:
    return {topic} if topic else set()
