"""Whether an option is open, to be checked or closed, and why."""

from collections.abc import Iterator, Sequence

from financing.calculator import sentences as say
from financing.calculator.desk import Desk
from financing.calculator.project import Project
from financing.calculator.rules import Funds, Rule
from financing.calculator.terms import Basis, Confidence, Scheme

MUTUALISED_BELOW = 50  # employees: Code du travail, L6332-17


def refusals(main: Rule, funds: Funds | None) -> tuple[str, ...]:
    """Why an option is closed; () where it is not."""
    if funds and funds.status == "exhausted":
        return (say.exhausted(funds),)
    if main.basis == Basis.EXCLUDED:
        return (main.label, *main.conditions)
    return ()


def doubts_between(main: Rule, mains: Sequence[Rule], project: Project) -> Iterator[str]:
    """What tells the option of a rule from the others of its scheme, and the project does not."""
    if project.kind is None and not main.kinds and not main.audience and any(other.kinds for other in mains):
        yield say.confirm_other_kind()
    if _narrows(main, mains, project):
        yield say.confirm_kind(main)


def presumed(main: Rule, mains: Sequence[Rule], project: Project) -> int:
    """0: nothing, 1: a kind of training that the project does not tell, 2: people that it cannot tell."""
    if main.audience:
        return 2
    return int((bool(main.kinds) and project.kind is None) or _narrows(main, mains, project))


def _narrows(main: Rule, mains: Sequence[Rule], project: Project) -> bool:
    """The kind is told, and the rule is for some theme of it: another one is for all, or for another theme."""
    return bool(project.kind and main.topic) and any(
        other is not main
        and other.audience == main.audience
        and (not other.kinds or project.kind in other.kinds)
        for other in mains
    )


def doubts(applied: Sequence[Rule], desk: Desk) -> Iterator[str]:
    """What has to be checked before the option can be counted on."""
    main, project = applied[0], desk.project
    if main.kinds and project.kind is None:
        yield say.confirm_kind(main)
    yield from dict.fromkeys(text for rule in applied for text in _untold(rule, project))
    yield from dict.fromkeys(say.confirm_audience(rule.audience) for rule in applied if rule.audience)
    yield from dict.fromkeys(text for rule in applied for text in rule.requires)
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


def _untold(rule: Rule, project: Project) -> Iterator[str]:
    """What the rule depends on and the project leaves open."""
    if rule.modalities and project.modality is None:
        yield say.confirm_modality(rule)
    if project.all_hours is None and (rule.duration.min or rule.duration.max):
        yield say.confirm_duration(rule.duration)
    if rule.excluded_idccs and project.idcc is None:
        yield say.confirm_branch_is_not(rule.excluded_idccs)


def unpublished(scheme: Scheme, desk: Desk, main: Rule | None = None) -> str:
    """Why an amount is not known: `main` is the rule that says that it is paid, where there is one."""
    if main is not None and (main.idccs or main.kinds or main.audience):
        return say.decided_by_opco(desk.book.name)
    if scheme == Scheme.CONVENTIONAL:
        return say.perhaps_funds(desk.book.name)
    if desk.book.set_by_branches(scheme):
        return say.branch_scale(desk.book.name)
    return say.decided_by_opco(desk.book.name)
