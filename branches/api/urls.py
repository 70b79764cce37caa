from django.urls import path

from branches.api import views

urlpatterns = [
    path("lookup/", views.LookupView.as_view(), name="api-lookup"),
    path("opcos/", views.OpcoListView.as_view(), name="api-opcos"),
    path("opcos/<slug:slug>/", views.OpcoView.as_view(), name="api-opco"),
    path("agreements/", views.AgreementListView.as_view(), name="api-agreements"),
    path("agreements/<str:idcc>/", views.AgreementView.as_view(), name="api-agreement"),
    path("branches/", views.BranchListView.as_view(), name="api-branches"),
    path("establishments/<str:siret>/", views.EstablishmentView.as_view(), name="api-establishment"),
]
