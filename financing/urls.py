from django.urls import path

from financing import views

urlpatterns = [
    path("financements/", views.estimate_page, name="financing"),
    path("financements/comparer/", views.comparison_page, name="financing_compare"),
]
