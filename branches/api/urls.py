from django.urls import path, re_path

from branches.api import views

urlpatterns = [
    path("lookup/", views.LookupView.as_view(), name="api-lookup"),
    path("opcos/", views.OpcoListView.as_view(), name="api-opcos"),
    path("opcos/<slug:slug>/", views.OpcoView.as_view(), name="api-opco"),
    path("agreements/", views.AgreementListView.as_view(), name="api-agreements"),
    re_path(r"^agreements/(?P<idcc>[0-9]{4})/$", views.AgreementView.as_view(), name="api-agreement"),
    path("branches/", views.BranchListView.as_view(), name="api-branches"),
    re_path(
        r"^establishments/(?P<siret>[0-9]+)/$", views.EstablishmentView.as_view(), name="api-establishment"
    ),
]
