"""The menu of the administration: grouped by what people do, and only what they may see."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from opco_portal.staff import menu

pytestmark = pytest.mark.django_db


def client_with(*codenames: str, **values) -> Client:
    user = User.objects.create_user("camille", is_staff=True, **values)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def seen(client: Client) -> dict[str, list[str]]:
    groups = client.get("/admin/").context["sidebar_navigation"]
    return {group.get("title", ""): [item["title"] for item in group["items"]] for group in groups}


def test_everything_that_is_registered_is_within_reach_of_a_superuser():
    groups = client_with(is_superuser=True).get("/admin/").context["sidebar_navigation"]
    links = {item["link"] for group in groups for item in group["items"]}
    for model in admin.site._registry:
        assert reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") in links


def test_the_groups_are_in_the_order_of_the_work():
    groups = list(seen(client_with(is_superuser=True)))
    assert [group for group in groups if group in menu.GROUPS] == list(menu.GROUPS)


def test_the_menu_holds_only_what_the_account_may_view():
    assert seen(client_with("view_agreement", "view_source")) == {
        "Rattachements": ["Conventions"],
        "Sources": ["Sources"],
        "": ["Site public"],  # the first of the untitled groups is « À traiter »
    }


def test_a_model_that_has_no_list_is_left_out(monkeypatch):
    monkeypatch.setitem(menu.GROUPS, "À venir", [menu.Entry("financing.collectiveaction", "groups")])
    assert "À venir" not in seen(client_with(is_superuser=True))


def test_the_page_being_shown_is_marked():
    groups = client_with("view_source").get("/admin/sync/source/").context["sidebar_navigation"]
    assert [item["title"] for group in groups for item in group["items"] if item["active"]] == ["Sources"]
