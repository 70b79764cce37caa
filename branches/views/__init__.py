"""The public pages: the field, the answer and its reasons, the OPCOs, the branches."""

from branches.views.answers import activity_page, agreement_page, company_page, proof
from branches.views.lists import branch_list, opco_list, opco_page
from branches.views.search import home, search_page

__all__ = [
    "activity_page",
    "agreement_page",
    "branch_list",
    "company_page",
    "home",
    "opco_list",
    "opco_page",
    "proof",
    "search_page",
]
