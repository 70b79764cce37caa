"""What can be financed: the values of `financing.calculator.rules` as tables, dated and sourced.

The calculator reads them whole through `financing.rulebook`; `financing.models.conversion` goes from one shape to the
other.
"""

from financing.models.criteria import Criteria
from financing.models.envelopes import Envelope, FundsStatus
from financing.models.origin import Origin
from financing.models.pages import SourcePage
from financing.models.rules import Rule

__all__ = ["Criteria", "Envelope", "FundsStatus", "Origin", "Rule", "SourcePage"]
