"""What a training costs a company once its OPCO has paid: pure, on plain values, with every step explained.

`estimate(project, rulebook, on)` is all there is to call. Amounts are Decimal euros, rounded once, to the cent; the
rules are those of the reference (see `rules.py`), whose sources the options carry along.
"""

from financing.calculator.estimate import estimate
from financing.calculator.outcome import Bite, Estimate, Line, Missing, Option, Rejection, Share
from financing.calculator.project import Project
from financing.calculator.rulebook import Rulebook
from financing.calculator.rules import Criteria, Envelope, Funds, Payment, Rule

__all__ = [
    "Bite",
    "Criteria",
    "Envelope",
    "Estimate",
    "Funds",
    "Line",
    "Missing",
    "Option",
    "Payment",
    "Project",
    "Rejection",
    "Rule",
    "Rulebook",
    "Share",
    "estimate",
]
