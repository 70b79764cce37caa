from django.urls import path, register_converter

from branches import views
from branches.feeds import ChangesFeed


class DigitsConverter:
    """A SIREN or a SIRET: the view tells which, and says what is wrong with any other number."""

    regex = r"[0-9]{1,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class IdccConverter(DigitsConverter):
    regex = r"[0-9]{4}"


class NafConverter(DigitsConverter):
    regex = r"[0-9]{2}(?:\.?[0-9]{1,2}[A-Za-z]?)?"


register_converter(DigitsConverter, "digits")
register_converter(IdccConverter, "idcc")
register_converter(NafConverter, "naf")

urlpatterns = [
    path("", views.home, name="home"),
    path("recherche/", views.search_page, name="search"),
    path("recherche/entreprises/", views.companies_page, name="companies"),
    path("entreprise/<digits:number>/", views.company_page, name="company"),
    path("entreprise/<digits:siret>/autres-moteurs/", views.opinions_page, name="opinions"),
    path("convention/<idcc:idcc>/", views.agreement_page, name="agreement"),
    path("activite/<naf:naf>/", views.activity_page, name="activity"),
    path("opco/", views.opco_list, name="opcos"),
    path("opco/<slug:slug>/", views.opco_page, name="opco"),
    path("branches/", views.branch_list, name="branches"),
    path("preuve/<digits:number>/", views.proof, name="proof"),
    path("donnees/", views.data_page, name="data"),
    path("donnees/changements/", views.change_list, name="changes"),
    path("donnees/changements/flux.atom", ChangesFeed(), name="changes_feed"),
    path("donnees/changements/<int:pk>/", views.change_page, name="change"),
    path("donnees/changements/corrections/<int:pk>/", views.correction_page, name="correction"),
    path(
        "donnees/changements/<int:pk>/etablissements/",
        views.change_establishments,
        name="change_establishments",
    ),
    path(
        "donnees/changements/<int:pk>/etablissements.csv",
        views.change_establishments_csv,
        name="change_establishments_csv",
    ),
]
