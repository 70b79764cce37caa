"""What surrounds the rules of an OPCO: scales that branches keep to themselves, how one asks and is paid. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from financing.calculator import Rulebook
from financing.calculator import sentences as say
from financing.calculator.rules import Condition, Envelope, Payment, Reference, Rule, names
from financing.calculator.terms import Scheme
from opco_portal.french import capital, day, euros, typeset


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Scales that each branch fixes and that nobody publishes for this one; `source` is the page to begin with."""

    schemes: str
    sentence: str
    source: str


def unpublished(book: Rulebook, own: Sequence[Rule]) -> list[Unpublished]:
    """What is not published for a branch, `own` being the rules that name it."""
    told = {rule.scheme for rule in own if rule.pays_fees}
    silent: dict[tuple[str, str], list[Scheme]] = {}
    for each in book.own.by_branch if book.own else ():
        for scheme in each.schemes:
            if scheme not in told:
                silent.setdefault((_sentence(scheme, book.name), each.source), []).append(scheme)
    return [
        Unpublished(capital(say.labels(schemes)), capital(f"{sentence}."), source)
        for (sentence, source), schemes in silent.items()
    ]


def _sentence(scheme: Scheme, opco: str) -> str:
    return say.perhaps_funds(opco) if scheme == Scheme.CONVENTIONAL else say.branch_scale(opco)


def funds_in_words(envelope: Envelope | None, on: date) -> str:
    """« fonds épuisés : constaté le 6 octobre 2026 », "" where no page says anything of them that day."""
    state = envelope.state(on) if envelope else None
    if state is None:
        return ""
    return say.exhausted(state) if state.status == "exhausted" else f"ouverts le {day(state.since)}"


@dataclass(frozen=True, slots=True)
class Told:
    """A statement, what it is about ("" for everything), and its page."""

    text: str
    about: str
    source: str
    article: str = ""


def payments(book: Rulebook, rules: Sequence[Rule], on: date) -> list[Told]:
    """Who pays the training body that day; what names rules is told with these, where they are among `rules`."""
    told = []
    for each in book.payments:
        named = [rule for rule in rules if names(each.rules, rule.code)]
        if each.in_force(on) and (named or not each.rules):
            told.append(_payment(each, named))
    return told


def _payment(payment: Payment, named: Sequence[Rule]) -> Told:
    labels = dict.fromkeys(rule.label for rule in named) or [capital(say.labels(payment.schemes))]
    about = [*labels, say.span(payment.headcount, "salariés")]
    return Told(typeset(payment.text), typeset(", ".join(filter(None, about))), payment.source)


def conditions(book: Rulebook, on: date) -> list[Told]:
    """What the law asks for that day."""
    return [_condition(each) for each in book.conditions if each.in_force(on)]


def _condition(condition: Condition) -> Told:
    about = capital(say.labels(condition.schemes)) if len(condition.schemes) <= 2 else ""
    return Told(typeset(condition.text), about, condition.source, condition.article)


def references(book: Rulebook, on: date) -> list[Told]:
    """The figures of the law that rules refer to."""
    return [_reference(each) for each in book.references.values() if each.since <= on]


def _reference(reference: Reference) -> Told:
    return Told(typeset(f"{reference.label} : {euros(reference.amount)}"), "", reference.source)
