"""What the page of an estimate says, as plain texts in their order: the layout only places them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from branches.lookup import OpcoFact
from financing import shown
from financing.askers import Asker
from financing.calculator import Criteria, Estimate, Line, Option, Payment, Project
from financing.calculator import sentences as say
from financing.calculator.terms import Action, Eligibility, Scheme, Unit
from financing.shown import ShownOption
from opco_portal import typography
from opco_portal.french import NBSP, capital, day, euros, plural, typeset

NOTICE = f"{say.NOTICE} Montants en euros hors taxes."
CONDITIONS, CAUTIONS = "Conditions : ", "Réserves : "
SAME = {CONDITIONS: "Mêmes conditions.", CAUTIONS: "Mêmes réserves."}
Fact = tuple[str, str]


@dataclass(frozen=True)
class Subject:
    """An estimate, who asked for it, what its OPCO says beside its rules, and where it is found again."""

    found: Estimate
    asker: Asker
    opco: OpcoFact
    criteria: Criteria | None
    address: str
    made: date


def sheet(subject: Subject) -> dict[str, Any]:
    """The texts of the page."""
    found, asker = subject.found, subject.asker
    options = shown.shown_options(found)
    pages = list(dict.fromkeys(rule.source for each in options for rule in each.option.rules))
    common = _common([each.option for each in options])
    return {
        "title": shown.headline(found.project),
        "opco": asker.opco_name,
        "notice": f"{NOTICE} Règles du {day(found.on)}.",
        "made": f"Le {day(subject.made)}",
        "address": subject.address,
        "company": list(_company(asker, found.project)),
        "course": list(_course(found.project)),
        "options": [_overview(each) for each in options],
        "messages": [typeset(text) for text in (*asker.notes, *found.messages)],
        "details": list(_details(options, pages, common)),
        "request": list(_request(subject, common)),
        "sources": [_source(page, options) for page in pages],
    }


# ------------------------------------------------------------------------------------------------ who and what
def _company(asker: Asker, project: Project) -> Iterator[Fact]:
    yield "OPCO", asker.opco_name
    code = f"IDCC{NBSP}{asker.idcc}" if asker.idcc else ""
    yield "Convention", typeset(", ".join(filter(None, (asker.title, code))) or "non précisée")
    if asker.siret:
        yield "SIRET", typography.siret(asker.siret)
    yield "Effectif", plural(project.headcount, "salarié") if project.headcount else "non précisé"
    if project.territory:
        yield "Territoire", project.territory.label


def _course(project: Project) -> Iterator[Fact]:
    if project.action != Action.COURSE:
        yield "À financer", project.action.label
    yield "Stagiaires", shown.people(project.trainees)
    lengths = [(project.hours, Unit.HOUR), (project.days, Unit.DAY), (project.months, Unit.MONTH)]
    if told := [say.quantity(count, unit) for count, unit in lengths if count]:
        yield "Durée", ", ".join(told)
    yield from ((cost.label, f"{euros(amount)} HT") for cost, amount in project.asked().items())
    for label, term in (("Type", project.kind), ("Modalité", project.modality), ("Lieu", project.place)):
        if term:
            yield label, term.label
    if project.start:
        yield "Début", day(project.start)
    if project.certification:
        yield "Certification", project.certification
    if project.already_used:
        yield "Budget déjà utilisé", euros(project.already_used)


# ------------------------------------------------------------------------------------------------ options
def _overview(each: ShownOption) -> dict[str, Any]:
    option = each.option
    return {
        "name": _name(option),
        "scheme": option.scheme.label if option.variant else "",
        "state": "Fonds épuisés" if each.is_exhausted else option.eligibility.label,
        "open": option.eligibility == Eligibility.YES,
        "exhausted": each.is_exhausted,
        "financed": each.financed,
        "remaining": each.remaining,
    }


def _name(option: Option) -> str:
    return typeset(option.variant or option.label)


def _details(
    options: Iterable[ShownOption], pages: list[str], common: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Each option with its calculation; what it repeats of the one before is not told again."""
    before: dict[str, str] = {}
    for each in options:
        notes = dict(_notes(each.option, common))
        told = [
            SAME[label] if before.get(label) == text else f"{label}{text}" for label, text in notes.items()
        ]
        yield {
            "name": _name(each.option),
            "lines": [_line(each.option, line, pages) for line in each.option.lines] if each.is_known else [],
            "notes": [*_unknown(each), *map(typeset, told), *_left(each.option)],
        }
        before = {label: text for label, text in notes.items() if label in SAME}


def _line(option: Option, line: Line, pages: list[str]) -> dict[str, Any]:
    return {
        "cost": line.cost.label,
        "asked": euros(line.asked),
        "financed": shown.paid(option, line),
        "explanation": capital(typeset(line.explanation)),
        "source": pages.index(line.rule.source) + 1 if line.rule else None,
    }


def _unknown(each: ShownOption) -> Iterator[str]:
    """Lines without any amount come down to why there is none."""
    if not each.is_known:
        yield from dict.fromkeys(f"{capital(typeset(line.explanation))}." for line in each.option.lines)


def _notes(option: Option, common: tuple[str, ...]) -> Iterator[Fact]:
    told = " ".join(line.explanation for line in option.lines)
    label = "Pourquoi : " if option.eligibility == Eligibility.NO else "À vérifier : "
    for head, texts in (
        (label, [text for text in option.reasons if text not in told]),
        (CONDITIONS, [text for text in option.conditions if text not in common]),
        (CAUTIONS, list(option.cautions)),
    ):
        if texts:
            yield head, _sentences(texts)


def _left(option: Option) -> Iterator[str]:
    """What remains of the budgets that an open option draws on."""
    for share in option.shares if option.eligibility != Eligibility.NO and shown.is_known(option) else ():
        if share.left is not None and share.envelope.amount is not None:
            least = "au moins " if share.envelope.at_least else ""
            left = f"Il restera {least}{euros(share.left)} sur {euros(share.envelope.amount)}"
            yield typeset(f"{left} ({share.envelope.label}).")


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(f"{capital(text).rstrip('.')}." for text in texts)


# ------------------------------------------------------------------------------------------------ around them
def _common(options: list[Option]) -> tuple[str, ...]:
    """The conditions that hold for every option that has some."""
    first, *others = [option.conditions for option in options if option.conditions] or [()]
    return tuple(text for text in first if all(text in each for each in others))


def _request(subject: Subject, common: tuple[str, ...]) -> Iterator[Fact]:
    criteria, opco = subject.criteria, subject.opco
    if criteria and criteria.deadline:
        yield "Délai", typeset(criteria.deadline)
    if place := (criteria and criteria.request_name) or opco.portal_name:
        yield (
            "Où",
            typeset(f"{place} ({(criteria and criteria.request_url) or opco.portal_url or opco.website})"),
        )
    label = "Paiement"
    for text in _payments(subject.found.options):
        yield label, text
        label = ""
    if common:
        yield "Conditions", typeset(_sentences(common))


def _payments(options: Iterable[Option]) -> Iterator[str]:
    """How the money comes, by scheme where that differs."""
    schemes: dict[Payment, list[Scheme]] = defaultdict(list)
    for option in options:
        if option.payment and option.eligibility != Eligibility.NO:
            schemes[option.payment].append(option.scheme)
    for payment, of_it in schemes.items():
        about = f"{capital(say.labels(dict.fromkeys(of_it)))} : " if len(schemes) > 1 else ""
        yield typeset(f"{about}{payment.text}")


def _source(page: str, options: Iterable[ShownOption]) -> dict[str, str]:
    """A page, when it was read, and how sure its figures are."""
    rules = [rule for each in options for rule in each.option.rules if rule.source == page]
    sure = dict.fromkeys(rule.confidence.label for rule in rules)
    return {"url": page, "about": f"chiffres {shown.verified(rules)}{NBSP}· {', '.join(sure)}"}
