"""Administrators manage accounts, and cannot gain or lose rights by it."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from opco_portal.staff import second_factor
from opco_portal.staff.rights import ADMINISTRATORS, GROUPS, MAPPING_EDITORS
from tests.opco_portal.staff.people import MEMBERS, PASSWORD, account, client_of, code, with_factor

pytestmark = pytest.mark.django_db

ACCOUNTS, GROUP_LIST = "/admin/auth/user/", "/admin/auth/group/"


def page_of(user):
    return f"{ACCOUNTS}{user.pk}/change/"


def values(user, **changes):
    """The form of an account as it is, and changed."""
    form = {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": "on" if user.is_active else "",
        "groups": [group.pk for group in user.groups.all()],
        **changes,
    }
    return {name: value for name, value in form.items() if value not in ("", None)}


def act(client, name, *users):
    return client.post(
        ACCOUNTS, {"action": name, "_selected_action": [user.pk for user in users]}, follow=True
    )


@pytest.fixture
def administrator():
    return account("administrator")


@pytest.fixture
def browser(administrator):
    return client_of(administrator)


# ---------------------------------------------------------------------------------------------------- what is done
def test_a_new_account_comes_into_the_administration_by_its_group(browser):
    group = Group.objects.get(name=MAPPING_EDITORS)
    browser.post(
        f"{ACCOUNTS}add/",
        {"username": "fleur", "password1": PASSWORD, "password2": PASSWORD, "groups": [group.pk]},
    )
    user = User.objects.get(username="fleur")
    assert (user.is_staff, user.is_superuser, list(user.groups.all())) == (True, False, [group])
    assert user.check_password(PASSWORD)


def test_an_account_changes_groups_and_is_made_inactive(browser):
    user = account("mapper")
    group = Group.objects.get(name=ADMINISTRATORS)
    browser.post(page_of(user), values(user, groups=[group.pk], is_active=None))
    user.refresh_from_db()
    assert (user.is_active, list(user.groups.all())) == (False, [group])


def test_an_account_that_is_made_inactive_is_out_at_once(browser):
    user = account("mapper")
    theirs = client_of(user)
    browser.post(page_of(user), values(user, is_active=None))
    assert theirs.get("/admin/").headers["Location"].startswith("/admin/login/")


def test_a_second_factor_is_required_for_an_account(browser):
    user = account("mapper")
    browser.post(page_of(user), values(user, must_have_factor="on"))
    assert second_factor.release(user)
    browser.post(page_of(user), values(user))
    assert not second_factor.release(user)


def test_a_lost_telephone_is_forgotten(browser):
    user = account("mapper")
    with_factor(user)
    browser.post(page_of(user), values(user, forget_factor="on"))
    assert not second_factor.forget(user)


def test_second_factors_are_required_in_bulk(browser):
    users = [account("mapper"), account("financer")]
    assert "2\u00a0comptes modifiés" in act(browser, "require_factor", *users).content.decode()
    assert not any(second_factor.require(user) for user in users)
    act(browser, "release_factor", *users)
    assert not any(second_factor.release(user) for user in users)


def test_second_factors_are_forgotten_in_bulk_but_for_ones_own(browser, administrator):
    user = account("mapper")
    with_factor(user)
    act(browser, "forget_factor", user, administrator)
    assert not second_factor.forget(user)


def test_the_list_reads_the_same_number_of_queries_however_long_it_is(browser, django_assert_num_queries):
    def number():
        with django_assert_num_queries(9):
            browser.get(ACCOUNTS)

    number()
    for each in range(20):
        account("mapper", f"fleur {each}")
    number()


# ------------------------------------------------------------------------------------------------ what is not done
@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "user_permissions"])
def test_an_administrator_gives_no_right_but_by_a_group(browser, field):
    user = account("mapper")
    permission = Permission.objects.get(codename="delete_user")
    crafted = {"is_superuser": "on", "is_staff": "", "user_permissions": [permission.pk]}[field]
    browser.post(page_of(user), {**values(user), field: crafted})
    user.refresh_from_db()
    assert (user.is_superuser, user.is_staff, user.user_permissions.count()) == (False, True, 0)
    assert f'name="{field}"' not in browser.get(page_of(user)).content.decode()


def test_a_new_account_is_no_superuser_whatever_is_sent(browser):
    sent = {"username": "fleur", "password1": PASSWORD, "password2": PASSWORD, "is_superuser": "on"}
    browser.post(f"{ACCOUNTS}add/", sent)
    assert not User.objects.get(username="fleur").is_superuser


def test_people_are_put_into_the_three_groups_only(browser):
    other = Group.objects.create(name="Tout-puissants")
    other.permissions.set(Permission.objects.all())
    user = account("mapper")
    answer = browser.post(page_of(user), values(user, groups=[other.pk]))
    assert answer.status_code == 200  # an error
    assert list(user.groups.values_list("name", flat=True)) == [MAPPING_EDITORS]


def more_than_an_administrator():
    yield account("superuser")
    yield account("superuser", "dormante", is_active=False)
    beyond = account("mapper", "fleur")
    beyond.user_permissions.add(Permission.objects.get(codename="delete_user"))
    yield beyond
    elsewhere = account("mapper", "jasmin")
    elsewhere.groups.add(Group.objects.create(name="Tout-puissants"))
    yield elsewhere


def test_whoever_may_do_more_is_out_of_reach(browser):
    for user in more_than_an_administrator():
        with_factor(user)
        before = User.objects.values().get(pk=user.pk)
        assert user.username not in browser.get(ACCOUNTS).content.decode()
        assert browser.get(page_of(user)).status_code == 302  # « n’existe pas »
        browser.post(page_of(user), values(user, username="prise", is_active=None, forget_factor="on"))
        new = {"password1": PASSWORD, "password2": PASSWORD}
        assert browser.post(f"{ACCOUNTS}{user.pk}/password/", new).status_code == 404
        for action in ("require_factor", "release_factor", "forget_factor", "delete_selected"):
            act(browser, action, user)
        assert User.objects.values().get(pk=user.pk) == before
        assert second_factor.require(user)
        assert second_factor.forget(user)


def test_a_superuser_reaches_everybody():
    client = client_of("superuser")
    other = account("superuser", "fleur")
    client.post(page_of(other), values(other, is_superuser=None))
    other.refresh_from_db()
    assert not other.is_superuser


@pytest.mark.parametrize("role", ["administrator", "superuser"])
def test_nobody_shuts_themselves_out(role):
    user = account(role)
    client = client_of(user)
    client.post(page_of(user), values(user, is_active=None, is_superuser=None, groups=[]))
    user.refresh_from_db()
    assert (user.is_active, user.is_superuser) == (True, role == "superuser")
    assert user.groups.count() == (role == "administrator")
    assert "Ce sont les vôtres" in client.get(page_of(user)).content.decode()


@pytest.mark.parametrize("number", ["{}", "0{}", "+{}", "%20{}", "%2B{}", "_2B{}"])
def test_ones_own_password_is_changed_where_the_old_one_is_asked_for(browser, administrator, number):
    answer = browser.post(
        f"{ACCOUNTS}{number.format(administrator.pk)}/password/",
        {"password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.headers["Location"] == "/admin/password_change/"
    administrator.refresh_from_db()
    assert not administrator.check_password(PASSWORD)


@pytest.mark.parametrize("role", ["administrator", "superuser"])
def test_nobody_lifts_or_forgets_the_factor_that_is_asked_of_them(role):
    user = account(role)
    client, device = client_of(user), with_factor(user)
    second_factor.require(user)
    client.post("/admin/second-facteur/code/", {"code": code(device)})
    act(client, "release_factor", user)
    client.post(page_of(user), values(user, first_name="Fleur", forget_factor="on"))
    user.refresh_from_db()
    assert user.first_name == "Fleur"
    assert not second_factor.require(user)
    assert second_factor.forget(user)


@pytest.mark.parametrize("role", ["administrator", "superuser"])
def test_no_account_is_deleted(role):
    client = client_of(role)
    user = account("mapper")
    assert client.post(f"{ACCOUNTS}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    act(client, "delete_selected", user)
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("role", sorted(MEMBERS - {"administrator"}))
def test_editors_see_no_account(role):
    assert client_of(role).get(ACCOUNTS).status_code == 403


# ---------------------------------------------------------------------------------------------------------- groups
def test_groups_say_in_words_what_they_may_do(browser):
    group = Group.objects.get(name=ADMINISTRATORS)
    page = browser.get(f"{GROUP_LIST}{group.pk}/change/").content.decode()
    assert "Rattachements : consulter, ajouter, modifier" in page.replace("\u00a0", " ")
    assert "revenir au millésime précédent" in page
    assert "Can " not in page


@pytest.mark.parametrize("role", ["administrator", "superuser"])
def test_groups_are_not_changed_by_hand(role):
    client = client_of(role)
    group = Group.objects.get(name=MAPPING_EDITORS)
    permissions = list(Permission.objects.values_list("pk", flat=True))
    for address in (
        f"{GROUP_LIST}{group.pk}/change/",
        f"{GROUP_LIST}{group.pk}/delete/",
        f"{GROUP_LIST}add/",
    ):
        assert (
            client.post(address, {"name": "x", "permissions": permissions, "post": "yes"}).status_code == 403
        )
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
