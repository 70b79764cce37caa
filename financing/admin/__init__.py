"""The financing rules in the administration: what each OPCO pays, corrected by staff who answer for it."""

from financing.admin.criteria import CriteriaAdmin
from financing.admin.envelopes import EnvelopeAdmin, FundsStatusAdmin
from financing.admin.pages import SourcePageAdmin
from financing.admin.rules import RuleAdmin

__all__ = ["CriteriaAdmin", "EnvelopeAdmin", "FundsStatusAdmin", "RuleAdmin", "SourcePageAdmin"]
