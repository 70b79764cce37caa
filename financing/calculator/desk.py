"""What every step of an estimate has at hand."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from financing.calculator.project import Project
from financing.calculator.rulebook import Rulebook
from financing.calculator.rules import Envelope, Funds, Rule
from financing.calculator.terms import Cost


@dataclass(frozen=True)
class Desk:
    """The project, the rules and the day."""

    project: Project
    book: Rulebook
    on: date

    @cached_property
    def asked(self) -> dict[Cost, Decimal]:
        """What is to be financed, cost by cost."""
        return self.project.asked()

    @property
    def deadline(self) -> str:
        """When a request must be filed, in the OPCO's words."""
        return self.book.own.deadline if self.book.own else ""

    def envelope(self, rule: Rule) -> Envelope | None:
        return self.book.envelopes.get(rule.envelope) if rule.envelope else None

    def funds(self, rule: Rule) -> Funds | None:
        envelope = self.envelope(rule)
        return envelope.state(self.on) if envelope else None
