"""The public pages: the field, the answer and its reasons, the OPCOs, the branches, the data."""

from branches.views.answers import activity_page, agreement_page, company_page, proof
from branches.views.companies import companies_page
from branches.views.data import (
    change_establishments,
    change_establishments_csv,
    change_list,
    change_page,
    correction_page,
    data_page,
)
from branches.views.lists import branch_list, opco_list, opco_page
from branches.views.opinions import opinions_page
from branches.views.search import home, search_page

__all__ = [
    "activity_page",
    "agreement_page",
    "branch_list",
    "change_establishments",
    "change_establishments_csv",
    "change_list",
    "change_page",
    "companies_page",
    "company_page",
    "correction_page",
    "data_page",
    "home",
    "opco_list",
    "opco_page",
    "opinions_page",
    "proof",
    "search_page",
]
