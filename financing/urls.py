from django.urls import path, re_path

from financing import views

urlpatterns = [
    path("financements/", views.estimate_page, name="financing"),
    path("financements/comparer/", views.comparison_page, name="financing_compare"),
    path("financements/estimation.pdf", views.estimate_pdf_file, name="financing_pdf"),
    re_path(
        r"^financements/estimation\.(?P<kind>csv|xlsx)$", views.estimate_table_file, name="financing_table"
    ),
    path("opco/<slug:slug>/financements/", views.opco_financing, name="opco_financing"),
    path("opco/<slug:slug>/financements.csv", views.opco_financing_csv, name="opco_financing_csv"),
    path("convention/<idcc:idcc>/financements/", views.agreement_financing, name="agreement_financing"),
]
