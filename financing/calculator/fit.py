"""Whether a rule may apply to a project, and if not, why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from financing.calculator import sentences as say
from financing.calculator.outcome import Missing
from financing.calculator.project import Project
from financing.calculator.rules import Rule
from financing.calculator.terms import Territory


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule does not apply; `missing` is the field that would decide, where the project does not tell it."""

    reason: str
    missing: Missing | None = None


missing = {name: Missing(name, sentence) for name, sentence in say.TELL.items()}


def refusal(rule: Rule, project: Project, on: date) -> Refusal | None:
    """The first reason why the rule does not apply to the project that day; None when it may.

    What the project does not tell is a reason only where nothing that it tells is one.
    """
    unsure = None
    for check in (partial(_time, on=on), _scope, _size, _place, _training):
        for why in check(rule, project):
            if why.missing is None:
                return why
            unsure = unsure or why
    return unsure


def _time(rule: Rule, project: Project, on: date) -> Iterator[Refusal]:
    if rule.since and on < rule.since:
        yield Refusal(say.not_yet(rule.since))
    if rule.until and rule.until < on:
        yield Refusal(say.over(rule.until))


def _scope(rule: Rule, project: Project) -> Iterator[Refusal]:
    if rule.idccs and project.idcc is None:
        yield Refusal(say.reserved_branches(rule.idccs), missing["idcc"])
    if project.idcc in rule.excluded_idccs:
        yield Refusal(say.not_this_branch(str(project.idcc)))


def _size(rule: Rule, project: Project) -> Iterator[Refusal]:
    bounds = rule.headcount
    if project.headcount is None:
        if bounds.is_bounded:
            yield Refusal(say.size_needed(bounds), missing["headcount"])
    elif project.headcount not in bounds:
        yield Refusal(say.reserved_size(bounds))


def _place(rule: Rule, project: Project) -> Iterator[Refusal]:
    territory = project.territory or Territory.MAINLAND
    if rule.territory == Territory.OVERSEAS and territory != Territory.OVERSEAS:
        yield Refusal(say.reserved_overseas())
    if rule.territory == Territory.MAINLAND and territory != Territory.MAINLAND:
        yield Refusal(say.reserved_mainland())
    if rule.places and project.place and project.place not in rule.places:
        yield Refusal(say.reserved_places(rule.places))


def _training(rule: Rule, project: Project) -> Iterator[Refusal]:
    if rule.kinds and project.kind and project.kind not in rule.kinds:
        yield Refusal(say.reserved_kinds(rule))
    if rule.modalities and project.modality and project.modality not in rule.modalities:
        yield Refusal(say.reserved_modalities(rule))
    if project.trainees not in rule.group:
        yield Refusal(say.reserved_group(rule.group))
    hours = project.all_hours
    if hours is not None and hours not in rule.duration:
        yield Refusal(say.reserved_duration(rule.duration))
