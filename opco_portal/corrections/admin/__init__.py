"""Corrections in the administration: how reference objects are edited, their history, and the way back."""

from opco_portal.corrections.admin.corrections import CorrectionAdmin

__all__ = ["CorrectionAdmin"]
