"""The public pages of financing: an estimate, companies compared, the rules in force."""

from financing.views.estimate import estimate_page

__all__ = ["estimate_page"]
