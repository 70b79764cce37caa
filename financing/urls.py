from django.urls import path

from financing import views

urlpatterns = [
    path("financements/", views.estimate_page, name="financing"),
    path("financements/comparer/", views.comparison_page, name="financing_compare"),
    path("opco/<slug:slug>/financements/", views.opco_financing, name="opco_financing"),
    path("opco/<slug:slug>/financements.csv", views.opco_financing_csv, name="opco_financing_csv"),
    path("convention/<idcc:idcc>/financements/", views.agreement_financing, name="agreement_financing"),
]
