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
    """A general rate counts only if the training is none of the kinds that have their own."""
    if project.kind is None and not main.kinds and not main.audience and any(other.kinds for other in mains):
        yield say.confirm_other_kind()
    if main.topic and any(other is not main and project.kind in other.kinds for other in mains):
        yield say.confirm_kind(main)


def doubts(applied: Sequence[Rule], desk: Desk) -> Iterator[str]:
    """What has to be checked before the option can be counted on."""
    main, project = applied[0], desk.project
    if main.kinds and project.kind is None:
        yield say.confirm_kind(main)
    if main.modalities and project.modality is None:
        yield say.confirm_modality(main)
    if project.all_hours is None and (main.duration.min or main.duration.max):
        yield say.confirm_duration(main.duration)
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


def unpublished(scheme: Scheme, desk: Desk, main: Rule | None = None) -> str:
    """Why an amount is not known: `main` is the rule that says that it is paid, where there is one."""
    if main is not None and (main.idccs or main.kinds or main.audience):
        return say.decided_by_opco(desk.book.name)
    if scheme == Scheme.CONVENTIONAL:
        return say.perhaps_funds(desk.book.name)
    if desk.book.set_by_branches(scheme):
        return say.branch_scale(desk.book.name)
    return say.decided_by_opco(desk.book.name)
