"""The golden cases: how they are written, and what an estimate says otherwise.

A case is worked out by hand from what an OPCO publishes. It names each option by the code of the rule that pays the
course fees (or the first of the other costs), by both codes where two are added up, and by its scheme where no rule
gives an amount. What a case leaves out is not looked at; an amount that is null must be unpublished.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from msgspec import UNSET, Struct, UnsetType, convert, field

from financing.calculator import Estimate, Option, Project
from financing.calculator.terms import Circuit, Confidence, Cost, Eligibility
from tests.financing.calculator.test_amounts import plain

FOLDER = Path(__file__).parent.parent / "cases/financing"


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unknown key in a case is a mistake in the case."""


class Expected(Strict, frozen=True, kw_only=True):
    """What an option must say; the last four are words among its own."""

    eligibility: Eligibility | UnsetType = UNSET
    financed: Decimal | UnsetType | None = UNSET
    remaining: Decimal | UnsetType | None = UNSET
    at_least: Decimal | UnsetType = UNSET  # what is financed for sure, where some amounts are not published
    lines: dict[Cost, Decimal | None] = field(default_factory=dict)
    left: tuple[Decimal | None, ...] | UnsetType = UNSET  # of each budget that it draws on, in its order
    confidence: Confidence | UnsetType = UNSET
    payment: Circuit | UnsetType = UNSET
    says: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


class Case(Strict, frozen=True, kw_only=True):
    """A project, what must come out of it, and in `note` how that was worked out."""

    case: str
    note: str
    project: dict[str, Any]  # the fields of `Project`
    as_of: date = date(2026, 11, 24)
    options: dict[str, Expected] = field(default_factory=dict)
    exactly: bool = False  # whether no other option pays a known amount
    absent: tuple[str, ...] = ()  # options that there must not be
    best: str | UnsetType = UNSET
    rejected: dict[str, str] = field(default_factory=dict)  # words of the reason
    missing: tuple[str, ...] | UnsetType = UNSET  # the fields that are asked for, in alphabetical order
    messages: tuple[str, ...] = ()
    disputed: str = ""  # why the calculator is known to answer otherwise


class Sheet(Strict, frozen=True, kw_only=True):
    """A file of cases: those of one OPCO."""

    opco: str
    cases: tuple[Case, ...]


def sheets() -> list[Sheet]:
    """Every file of cases."""
    return [convert(yaml.safe_load(path.read_text("utf-8")), Sheet) for path in sorted(FOLDER.glob("*.yaml"))]


def project_of(case: Case, opco: str) -> Project:
    """The project of a case, read as strictly as the rest of it."""
    if unknown := case.project.keys() - {each.name for each in fields(Project)}:
        raise ValueError(f"{case.case}: {', '.join(sorted(unknown))}")
    return convert({"opco": opco, **case.project}, Project)


def name_of(option: Option) -> str:
    """How a case calls an option."""
    main = option.rules[0].code if option.rules else option.scheme.value
    return "+".join([main, *option.combines[1:]])


def named(case: Case) -> set[str]:
    """The rules, or the schemes, that a case speaks of."""
    names = (*case.options, *case.absent, *case.rejected, *([case.best] if case.best else []))
    return {code for name in names for code in name.split("+")}


# ------------------------------------------------------------------------------------------------ differences
def differences(case: Case, found: Estimate) -> Iterator[str]:
    """One line for each thing that the estimate says otherwise than the case."""
    options = {name_of(option): option for option in found.options}
    for name, expected in case.options.items():
        if name in options:
            yield from (f"{name}: {told}" for told in _of_option(expected, options[name]))
        else:
            yield f"{name}: no such option, but {', '.join(options) or 'none'}"
    paying = {name for name, option in options.items() if option.financed_at_least}
    if case.exactly and (more := sorted(paying - case.options.keys())):
        yield f"more options: {', '.join(more)}"
    yield from (f"{name}: should not be an option" for name in case.absent if name in options)
    yield from _unlike("best", case.best, found.best and name_of(found.best))
    yield from _of_rejections(case, found)
    yield from _unlike("missing", case.missing, tuple(sorted({each.field for each in found.missing})))
    yield from _without("messages", case.messages, found.messages)


def _of_option(expected: Expected, option: Option) -> Iterator[str]:
    yield from _unlike("eligibility", expected.eligibility, option.eligibility)
    yield from _unlike("financed", expected.financed, option.financed)
    yield from _unlike("remaining", expected.remaining, option.remaining)
    yield from _unlike("financed at least", expected.at_least, option.financed_at_least)
    lines = {line.cost: line.financed for line in option.lines}
    for cost, amount in expected.lines.items():
        yield from _unlike(cost.value, amount, lines.get(cost, "not asked"))
    yield from _unlike("left", expected.left, tuple(share.left for share in option.shares))
    yield from _unlike("confidence", expected.confidence, option.confidence)
    yield from _unlike("payment", expected.payment, option.payment and option.payment.circuit)
    yield from _without("says", expected.says, (line.explanation for line in option.lines))
    yield from _without("reasons", expected.reasons, option.reasons)
    yield from _without("conditions", expected.conditions, option.conditions)
    yield from _without("cautions", expected.cautions, option.cautions)


def _of_rejections(case: Case, found: Estimate) -> Iterator[str]:
    reasons = {each.rule.code: plain(each.reason) for each in found.rejected}
    for code, words in case.rejected.items():
        if words not in reasons.get(code, ""):
            yield f"{code}: « {words} » expected, « {reasons.get(code, 'not rejected')} » said"


def _unlike(name: str, expected: object, found: object) -> Iterator[str]:
    if expected is not UNSET and expected != found:
        yield f"{name}: {expected} expected, {found} found"


def _without(name: str, words: Iterable[str], texts: Iterable[str]) -> Iterator[str]:
    told = [plain(text) for text in texts]
    yield from (
        f"{name}: « {word} » not in {told}" for word in words if not any(word in text for text in told)
    )
