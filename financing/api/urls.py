from django.urls import path

from financing.api import views

urlpatterns = [
    path("financing/estimate/", views.EstimateView.as_view(), name="api-financing-estimate"),
    path("financing/rules/", views.RuleListView.as_view(), name="api-financing-rules"),
]
