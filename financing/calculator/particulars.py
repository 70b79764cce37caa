"""What goes with the amounts of an option: conditions, budgets, who pays whom."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from financing.calculator import amounts
from financing.calculator.amounts import ZERO, Spending
from financing.calculator.desk import Desk
from financing.calculator.outcome import Line, Share
from financing.calculator.rules import Envelope, Payment, Rule, Span, names
from financing.calculator.terms import Circuit, Cost, Scheme


def conditions_of(applied: Sequence[Rule], desk: Desk) -> tuple[str, ...]:
    """What the rules say is to be known, then what the law asks of the scheme whatever the OPCO."""
    schemes = {rule.scheme for rule in applied}
    general = [
        f"{condition.text} ({condition.article})"
        for condition in desk.book.conditions
        if (not condition.schemes or schemes & set(condition.schemes))
        and (desk.project.headcount is None or desk.project.headcount in condition.headcount)
        and condition.in_force(desk.on)
    ]
    return unique([*(text for rule in applied for text in rule.conditions), *general])


def cautions_of(applied: Sequence[Rule]) -> tuple[str, ...]:
    """Contradictions and gaps of the sources that concern the figures."""
    return unique(text for rule in applied for text in rule.cautions)


def shares_of(applied: Sequence[Rule], spending: Spending, desk: Desk) -> tuple[Share, ...]:
    """What is taken from each budget, and what is left of it."""
    envelopes = {rule.envelope: desk.envelope(rule) for rule in applied}
    return tuple(
        _share(envelope, spending, exhausted=_is_exhausted(envelope, desk))
        for envelope in envelopes.values()
        if envelope
    )


def _is_exhausted(envelope: Envelope, desk: Desk) -> bool:
    funds = envelope.state(desk.on)
    return funds is not None and funds.status == "exhausted"


def _share(envelope: Envelope, spending: Spending, *, exhausted: bool) -> Share:
    used = spending.of_envelope.get(envelope.code, ZERO)
    if exhausted:
        return Share(envelope, ZERO, ZERO)
    if envelope.amount is None:
        return Share(envelope, used, None)
    before = amounts.already_used(envelope, spending)
    return Share(envelope, used, max(ZERO, envelope.amount - before - used))


def payment_of(scheme: Scheme, desk: Desk, code: str = "") -> Payment | None:
    """How the money comes: what the OPCO says of a rule, of a scheme and size, else what it or the law says of all."""
    headcount = desk.project.headcount
    fitting = [
        payment
        for payment in desk.book.payments
        if (not payment.rules or names(payment.rules, code))
        and (not payment.schemes or scheme in payment.schemes)
        and (payment.headcount == Span() if headcount is None else headcount in payment.headcount)
        and payment.in_force(desk.on)
    ]
    return min(fitting, key=lambda payment: (not payment.rules, not payment.schemes), default=None)


def payment_for(lines: Sequence[Line], payment: Payment | None) -> Payment | None:
    """On the plan, direct payment is only sure where the fees are financed whole: OPCOs ask that since October 2026."""
    if (
        payment is None
        or payment.circuit != Circuit.DIRECT
        or payment.rules
        or Scheme.PLAN not in payment.schemes
    ):
        return payment
    fees = next((line for line in lines if line.cost == Cost.PEDAGOGICAL), None)
    return payment if fees is None or fees.remaining == 0 else replace(payment, circuit=Circuit.DEPENDS)


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(texts))
