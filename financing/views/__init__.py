"""The public pages of financing: an estimate, companies compared, the rules in force."""

from financing.views.comparison import comparison_page
from financing.views.estimate import estimate_page

__all__ = ["comparison_page", "estimate_page"]
