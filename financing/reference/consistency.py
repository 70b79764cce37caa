"""What values say together: names that exist, codes that are free, rules that can be told apart."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeVar

from financing.calculator.rules import Caution, Criteria, Envelope, Payment, Rule, names
from financing.reference.reader import Document

T = TypeVar("T", Rule, Envelope)

NATIONAL = "national"  # the file of what the law says, which belongs to no OPCO

# Two rules of one scope that pay differently: neither the calculator nor the company could choose.
SCOPE = ("scheme", "cost", "headcount", "territory", "audience", "topic", "duration", "group", "alone")
SETS = ("idccs", "excluded_idccs", "kinds", "modalities", "places", "complements", "requires")
PAID = (
    "basis",
    "rate",
    "rate_max",
    "unit",
    "per",
    "percent",
    "percent_of",
    "max_units",
    "max_persons",
    "tiers",
    "ceilings",
    "within_pedagogical",
    "envelope",
)
OF_EVERY_VERSION = ("scheme", "idccs", "cost")  # what a rule is about; another one has another code


@dataclass(frozen=True)
class Known:
    """What the files may name."""

    opcos: frozenset[str]
    idccs: frozenset[str]


def check(document: Document, known: Known) -> None:
    """Tell what a file says that its own other values, or the portal's other reference, contradict."""
    _check_opco(document, known)
    _check_idccs(document, known)
    _check_choices(document)
    if document.all(Criteria):  # else what is missing may only be what could not be read
        _check_envelopes(document)
        _check_named(document)


def check_codes(documents: Sequence[Document]) -> None:
    """A code names one envelope, or versions of one rule that follow one another, whichever the file."""
    for document, where, _, envelope in _twins(documents, Envelope):
        document.add(envelope, "code", f"code « {envelope.code} » : déjà celui d’une enveloppe ({where}).")
    for document, where, first, rule in _twins(documents, Rule):
        if _overlap(first, rule):
            document.add(
                rule, "code", f"code « {rule.code} » : une autre version couvre les mêmes jours ({where})."
            )
        for name in OF_EVERY_VERSION:
            if _said(first, name) != _said(rule, name):
                document.add(rule, name, f"{name} : les versions d’un code ont le même ({where}).")


def _twins(documents: Sequence[Document], kind: type[T]) -> Iterator[tuple[Document, str, T, T]]:
    """Values of one code: the second's document, the first's place, the two."""
    by_code: dict[str, list[tuple[Document, Any]]] = defaultdict(list)
    for document in documents:
        for value in document.all(kind):
            by_code[value.code].append((document, value))
    for written in by_code.values():
        for (there, first), (document, second) in combinations(written, 2):
            yield document, f"{there.path.name}, ligne {there.line(first)}", first, second


# ------------------------------------------------------------------------------------------------ names
def _check_opco(document: Document, known: Known) -> None:
    name = document.path.stem
    if name != NATIONAL and name not in known.opcos:
        document.add(
            None, "", f"nom de fichier inconnu, attendu {NATIONAL} ou {', '.join(sorted(known.opcos))}."
        )
    for criteria in document.all(Criteria):
        if criteria.opco is not None and criteria.opco not in known.opcos:
            document.add(criteria, "opco", f"opco « {criteria.opco} » inconnu du référentiel.")
        elif (criteria.opco or NATIONAL) != name:
            document.add(
                criteria, "opco", f"opco « {criteria.opco or ''} » : le fichier porte le nom de son OPCO."
            )


def _check_idccs(document: Document, known: Known) -> None:
    for rule in document.all(Rule):
        for key in ("idccs", "excluded_idccs"):
            for idcc in getattr(rule, key):
                if idcc not in known.idccs:
                    document.add(rule, key, f"{key} « {idcc} » inconnu du référentiel.")


def _check_envelopes(document: Document) -> None:
    codes = {envelope.code for envelope in document.all(Envelope)}
    used = {rule.envelope for rule in document.all(Rule)}
    for rule in document.all(Rule):
        if rule.envelope is not None and rule.envelope not in codes:
            document.add(rule, "envelope", f"envelope « {rule.envelope} » : aucune enveloppe n’a ce code.")
    for envelope in document.all(Envelope):
        if envelope.code not in used:
            document.add(envelope, "code", f"enveloppe « {envelope.code} » : aucune règle n’en est payée.")


def _check_named(document: Document) -> None:
    """Whether the rules that cautions and payments name are there."""
    codes = [rule.code for rule in document.all(Rule)]
    naming: list[Caution | Payment] = [*document.all(Caution), *document.all(Payment)]
    for value in naming:
        for name in value.rules:
            if "*" in name.removesuffix("*"):
                document.add(value, "rules", f"rules « {name} » : « * » n’est admis qu’à la fin.")
            elif not any(names([name], code) for code in codes):
                document.add(value, "rules", f"rules « {name} » : aucune règle n’a ce code.")


# ------------------------------------------------------------------------------------------------ choices
def _check_choices(document: Document) -> None:
    by_scope: dict[tuple[Any, ...], list[Rule]] = defaultdict(list)
    for rule in document.all(Rule):
        by_scope[_scope(rule)].append(rule)
    for rules in by_scope.values():
        for first, second in combinations(rules, 2):
            if are_indistinct(first, second):
                document.add(
                    second,
                    "code",
                    f"code « {second.code} » : même champ que « {first.code} » (ligne {document.line(first)}), "
                    "autre montant ; rien ne dirait laquelle choisir.",
                )


def are_indistinct(first: Rule, second: Rule) -> bool:
    """Whether two rules pay differently in the same cases: nobody could choose between them."""
    is_other = first.code != second.code and _paid(first) != _paid(second)
    return is_other and _scope(first) == _scope(second) and _overlap(first, second)


def _scope(rule: Rule) -> tuple[Any, ...]:
    return tuple(_said(rule, name) for name in (*SCOPE, *SETS))


def _said(rule: Rule, name: str) -> Any:
    """What a field says, in whatever order it does."""
    value = getattr(rule, name)
    return frozenset(value) if name in SETS else value


def _paid(rule: Rule) -> tuple[Any, ...]:
    return tuple(getattr(rule, name) for name in PAID)


def _overlap(first: Rule, second: Rule) -> bool:
    return not (
        (first.until and second.since and first.until < second.since)
        or (second.until and first.since and second.until < first.since)
    )
