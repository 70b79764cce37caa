"""Rules and estimates as tables to take away: their columns; `opco_portal.corrections.formats` writes the files."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import tablib

from financing.calculator import Estimate, Line, Option, Rulebook, wording
from financing.calculator import sentences as say
from financing.calculator.rules import Envelope, Rule
from financing.frame import funds_in_words
from financing.shown import no_amount
from opco_portal.french import typeset

Cell = str | Decimal
RuleColumn = Callable[[Rule, Envelope | None, date], Cell]

RULE_COLUMNS: dict[str, RuleColumn] = {
    "Code": lambda rule, envelope, on: rule.code,
    "Dispositif": lambda rule, envelope, on: rule.scheme.label,
    "Règle": lambda rule, envelope, on: rule.label,
    "IDCC": lambda rule, envelope, on: ", ".join(rule.idccs) or "toutes les branches",
    "Sauf IDCC": lambda rule, envelope, on: ", ".join(rule.excluded_idccs),
    "Effectif": lambda rule, envelope, on: wording.size(rule),
    "Formation": lambda rule, envelope, on: wording.subject(rule),
    "Pour": lambda rule, envelope, on: ", ".join(wording.terms(rule)),
    "Dépense": lambda rule, envelope, on: rule.cost.label,
    "Prise en charge": lambda rule, envelope, on: wording.amount_in_words(rule, envelope),
    "S’ajoute à": lambda rule, envelope, on: say.labels(rule.complements),
    "Budget": lambda rule, envelope, on: envelope.label if envelope else "",
    "Montant du budget": lambda rule, envelope, on: _amount(envelope),
    "Fonds": lambda rule, envelope, on: funds_in_words(envelope, on),
    "À vérifier": lambda rule, envelope, on: _lines(rule.requires),
    "Conditions": lambda rule, envelope, on: _lines(rule.conditions),
    "Réserves": lambda rule, envelope, on: _lines(rule.cautions),
    "Depuis le": lambda rule, envelope, on: str(rule.since or ""),
    "Jusqu’au": lambda rule, envelope, on: str(rule.until or ""),
    "Source": lambda rule, envelope, on: rule.source,
    "Citation": lambda rule, envelope, on: rule.quote,
    "Article": lambda rule, envelope, on: rule.article,
    "Vérifié le": lambda rule, envelope, on: str(rule.verified_on or ""),
    "Fiabilité": lambda rule, envelope, on: rule.confidence.label,
}


def rules_table(rules: Iterable[Rule], book: Rulebook, on: date) -> tablib.Dataset:
    """A line for each rule, in words; empty where nothing is published."""
    table = tablib.Dataset(headers=[*RULE_COLUMNS], title="Règles")
    for rule in rules:
        envelope = book.envelopes.get(rule.envelope or "")
        cells = (column(rule, envelope, on) for column in RULE_COLUMNS.values())
        table.append([typeset(cell) if isinstance(cell, str) else cell for cell in cells])
    return table


def _amount(envelope: Envelope | None) -> Cell:
    return "" if envelope is None or envelope.amount is None else envelope.amount


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)


# ------------------------------------------------------------------------------------------------ estimates
EstimateColumn = Callable[[Option, Line], Cell]

ESTIMATE_COLUMNS: dict[str, EstimateColumn] = {
    "Option": lambda option, line: option.variant or option.label,
    "Dispositif": lambda option, line: option.scheme.label,
    "État": lambda option, line: option.eligibility.label,
    "Dépense": lambda option, line: line.cost.label,
    "Coût": lambda option, line: line.asked,
    "Financé": lambda option, line: _amount_of(option, line, line.financed),
    "Reste à charge": lambda option, line: _amount_of(option, line, line.remaining),
    "Calcul": lambda option, line: line.explanation,
    "À vérifier": lambda option, line: _lines(option.reasons),
    "Conditions": lambda option, line: _lines(option.conditions),
    "Règle": lambda option, line: line.rule.code if line.rule else "",
    "Source": lambda option, line: line.rule.source if line.rule else "",
    "Vérifié le": lambda option, line: str((line.rule and line.rule.verified_on) or ""),
    "Fiabilité": lambda option, line: line.rule.confidence.label if line.rule else "",
}


def estimate_table(found: Estimate, opco: str) -> tablib.Dataset:
    """A line for each cost of each option; amounts are numbers, « non publié » is a text.

    Each line says whose it is and which day's rules it follows, so that lines of several files can be put together.
    """
    about = _about(found, opco)
    table = tablib.Dataset(headers=[*ESTIMATE_COLUMNS, *about], title="Estimation")
    for option in found.options:
        for line in option.lines:
            cells = [*(column(option, line) for column in ESTIMATE_COLUMNS.values()), *about.values()]
            table.append([typeset(cell) if isinstance(cell, str) else cell for cell in cells])
    return table


def _about(found: Estimate, opco: str) -> dict[str, Cell]:
    """The company and the training, as they were told; "" where they were not."""
    project = found.project
    return {
        "OPCO": opco,
        "IDCC": project.idcc or "",
        "Effectif": "" if project.headcount is None else Decimal(project.headcount),
        "À financer": project.action.label,
        "Personnes": Decimal(project.trainees),
        "Heures": "" if project.all_hours is None else project.all_hours,
        "Règles du": str(found.on),
        "Avertissement": say.NOTICE,
    }


def _amount_of(option: Option, line: Line, amount: Decimal | None) -> Cell:
    return no_amount(option, line) if amount is None else amount.quantize(Decimal("0.01"))
