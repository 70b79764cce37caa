"""All that one OPCO and the law say, as the calculator needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from financing.calculator.rules import Condition, Criteria, Envelope, Payment, Reference, Rule
from financing.calculator.terms import Scheme


@dataclass(frozen=True)
class Rulebook:
    """The rules of an OPCO and those of the national frame; `criteria` are the OPCO's, then the nation's."""

    opco: str
    name: str  # of the OPCO, as people read it
    rules: tuple[Rule, ...] = ()
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)
    criteria: tuple[Criteria, ...] = ()

    @property
    def own(self) -> Criteria | None:
        """The OPCO's own criteria."""
        return next((each for each in self.criteria if each.opco == self.opco), None)

    @cached_property
    def payments(self) -> tuple[Payment, ...]:
        return tuple(payment for each in self.criteria for payment in each.payments)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for each in self.criteria for condition in each.conditions)

    @cached_property
    def references(self) -> Mapping[str, Reference]:
        return {reference.code: reference for each in self.criteria for reference in each.references}

    def set_by_branches(self, scheme: Scheme) -> bool:
        """Each branch of this OPCO fixes its own scale for that scheme."""
        own = self.own
        return own is not None and any(scheme in each.schemes for each in own.by_branch)
