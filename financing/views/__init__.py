"""The public pages of financing: an estimate, companies compared, the rules in force."""

from financing.views.comparison import comparison_page
from financing.views.estimate import estimate_page
from financing.views.exports import estimate_pdf_file, estimate_table_file
from financing.views.rules import agreement_financing, opco_financing, opco_financing_csv

__all__ = [
    "agreement_financing",
    "comparison_page",
    "estimate_page",
    "estimate_pdf_file",
    "estimate_table_file",
    "opco_financing",
    "opco_financing_csv",
]
