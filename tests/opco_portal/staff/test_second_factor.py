"""The second factor: had by choice or by order, asked for before anything else, and no way around it."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from opco_portal.staff import second_factor
from tests.opco_portal.staff.people import PASSWORD, account, client_of, code, with_factor

pytestmark = pytest.mark.django_db

OWN, CODE = "/admin/second-facteur/", "/admin/second-facteur/code/"
OPCOS = "/admin/branches/opco/"


@pytest.fixture
def fleur():
    return account("mapper", "fleur", password=PASSWORD)


@pytest.fixture
def device(fleur):
    return with_factor(fleur)


def logged_in(page):
    return Client().post(
        f"/admin/login/?next={page}", {"username": "fleur", "password": PASSWORD, "next": page}
    )


def browser_after_password():
    client = Client()
    client.post("/admin/login/", {"username": "fleur", "password": PASSWORD})
    return client


def opens(client, page=OPCOS):
    return client.get(page).status_code == 200


def led_to(client, page=OPCOS):
    """Where somebody ends who asks for a page."""
    return client.get(page, follow=True).redirect_chain[-1][0]


def form_of(page):
    return re.search(r'name="secret" value="([^"]+)"', page.content.decode())[1]


def scanned(page):
    """The application once the key was typed into it."""
    key = "".join(re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page.content.decode())[1].split())
    return TOTPDevice(key=b32decode(key).hex())


# ------------------------------------------------------------------------------------------------------- enrolment
def test_an_account_takes_a_second_factor_up(fleur):
    client = client_of(fleur)
    page = client.get(OWN)
    assert 'src="data:image/svg+xml' in page.content.decode()
    kept = client.post(OWN, {"secret": form_of(page), "code": code(scanned(page))})
    codes = re.findall(r"<code>(\d{5} \d{5})</code>", kept.content.decode())
    assert len(set(codes)) == 8
    assert "no-store" in kept.headers["Cache-Control"]
    assert opens(client)
    assert not any(each in client.get(OWN).content.decode() for each in codes)


def test_looking_at_the_page_changes_nothing(fleur):
    client_of(fleur).get(OWN)
    assert not TOTPDevice.objects.exists()


def test_a_wrong_code_keeps_the_image_that_was_scanned(fleur):
    client = client_of(fleur)
    page = client.get(OWN)
    again = client.post(OWN, {"secret": form_of(page), "code": "000000"})
    assert "Ce code n’est pas le bon" in again.content.decode()
    assert scanned(again).key == scanned(page).key
    assert not TOTPDevice.objects.exists()


@pytest.mark.parametrize("typed", ["", "abcdef", "12", "²²²²²²", "-12345", "9" * 41])
def test_what_is_no_code_is_answered_in_french(fleur, device, typed):
    page = browser_after_password().post(CODE, {"code": typed}).content.decode()
    assert re.search("Indiquez le code|n’est pas le bon|Assurez-vous", page)


def test_a_key_is_not_chosen_by_whoever_sends_it(fleur):
    client = client_of(fleur)
    theirs = form_of(client_of("financer").get(OWN))
    for secret in ("", "x", theirs, form_of(client.get(OWN))[:-1] + "_"):
        page = client.post(OWN, {"secret": secret, "code": "000000"})
        assert "trop longtemps" in page.content.decode()
        assert not TOTPDevice.objects.exists()


def test_a_code_that_enrolled_does_not_open_too(fleur):
    client = client_of(fleur)
    page = client.get(OWN)
    used = code(scanned(page))
    client.post(OWN, {"secret": form_of(page), "code": used})
    assert "n’est pas le bon" in browser_after_password().post(CODE, {"code": used}).content.decode()


def test_two_pages_do_not_make_two_factors(fleur):
    client = client_of(fleur)
    pages = [client.get(OWN), client.get(OWN)]
    for page in pages:
        client.post(OWN, {"secret": form_of(page), "code": code(scanned(page))})
    assert TOTPDevice.objects.count() == 1


# ----------------------------------------------------------------------------------------------------------- login
def test_after_the_password_comes_the_code(device):
    client = browser_after_password()
    assert led_to(client) == f"{CODE}?next={OPCOS}"
    page = client.get(CODE).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    before = client.cookies["sessionid"].value
    answer = client.post(f"{CODE}?next={OPCOS}", {"code": f"{code(device)[:3]} {code(device)[3:]}"})
    assert answer.headers["Location"] == OPCOS
    assert client.cookies["sessionid"].value != before
    assert opens(client)


def test_before_the_code_nothing_of_the_administration_is_seen(device):
    client = browser_after_password()
    page = client.get(CODE).content.decode()
    assert OPCOS not in page
    assert "Conventions" not in page
    assert led_to(client, OWN).startswith(CODE)


def test_a_wrong_code_does_not_open(device):
    client = browser_after_password()
    page = client.post(CODE, {"code": "000000"}).content.decode()
    assert "Ce code n’est pas le bon" in page
    assert not opens(client)


def test_a_code_opens_once(device):
    used = code(device)
    browser_after_password().post(CODE, {"code": used})
    client = browser_after_password()
    assert "il a déjà servi" in client.post(CODE, {"code": used}).content.decode()


def test_after_a_wrong_code_the_right_one_has_to_wait(device):
    client = browser_after_password()
    client.post(CODE, {"code": "000000"})
    assert "attendez 1\u00a0s" in client.post(CODE, {"code": code(device)}).content.decode()
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=2))
    client.post(CODE, {"code": code(device)})
    assert opens(client)


def test_each_wrong_code_doubles_the_wait(device):
    TOTPDevice.objects.update(throttling_failure_count=7, throttling_failure_timestamp=timezone.now())
    page = browser_after_password().post(CODE, {"code": code(device)}).content.decode()
    assert re.search("attendez 1\u00a0min", page)


@pytest.mark.parametrize(
    "page", ["https://mechant.example/", "//mechant.example/", "javascript:alert(1)", "/\\mechant.example"]
)
def test_the_way_on_never_leads_to_another_site(device, page):
    client = browser_after_password()
    answer = client.post(f"{CODE}?next={page}", {"code": code(device)})
    assert answer.headers["Location"] == "/admin/"
    assert client.get(f"{CODE}?next={page}").headers["Location"] == "/admin/"
    assert led_to(browser_after_password(), f"/admin/login/?next={page}").startswith(CODE)


def test_somebody_else_can_log_in_instead(device):
    client = browser_after_password()
    assert client.post(CODE, {"leave": "1"}).headers["Location"] == "/admin/login/"
    assert led_to(client).startswith("/admin/login/")


def test_a_code_of_another_account_does_not_open(device):
    other = with_factor(account("financer"))
    client = browser_after_password()
    client.post(CODE, {"code": code(other)})
    assert not opens(client)


def test_what_proves_one_account_does_not_prove_another(device):
    user = account("financer")
    second_factor.require(user)
    client = client_of(user)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    assert not opens(client)


# -------------------------------------------------------------------------------------------------------- recovery
@pytest.fixture
def codes(fleur, device):
    return second_factor.new_recovery_codes(fleur)


def test_a_recovery_code_opens_once(codes):
    client = browser_after_password()
    client.post(CODE, {"code": f"{codes[0][:5]} {codes[0][5:]}"})
    assert opens(client)
    assert "7\u00a0codes" in client.get(OWN).content.decode()
    other = browser_after_password()
    other.post(CODE, {"code": codes[0]})
    assert not opens(other)


def test_wrong_codes_of_the_application_do_not_hold_up_recovery_codes(codes):
    client = browser_after_password()
    client.post(CODE, {"code": "000000"})
    client.post(CODE, {"code": codes[0]})
    assert opens(client)


@pytest.mark.parametrize("proof", ["application", "recovery"])
def test_new_recovery_codes_take_the_place_of_the_old(codes, device, proof):
    client = browser_after_password()
    client.post(CODE, {"code": codes[0]})
    client.post(OWN, {"renew": "1", "code": code(device) if proof == "application" else codes[1]})
    assert StaticToken.objects.count() == 8
    assert not StaticToken.objects.filter(token__in=codes).exists()
    assert opens(client)


# --------------------------------------------------------------------------------------------------------- removal
def test_taking_it_away_asks_for_a_code(device):
    client = browser_after_password()
    client.post(CODE, {"code": code(device)})
    client.post(OWN, {"remove": "1", "code": "000000"})
    assert TOTPDevice.objects.exists()
    TOTPDevice.objects.update(throttling_failure_timestamp=None)
    client.post(OWN, {"remove": "1", "code": code(device, later=1)})
    assert not TOTPDevice.objects.exists() | StaticDevice.objects.exists()
    assert opens(client)


# ------------------------------------------------------------------------------------------------------- required
def test_an_account_that_must_have_one_sees_nothing_else_before(fleur):
    second_factor.require(fleur)
    client = browser_after_password()
    assert led_to(client) == f"{OWN}?next={OPCOS}"
    page = client.get(f"{OWN}?next={OPCOS}")
    assert "demande un second facteur" in page.content.decode()
    assert f'"{OPCOS}"' not in page.content.decode()
    kept = client.post(f"{OWN}?next={OPCOS}", {"secret": form_of(page), "code": code(scanned(page))})
    assert f'href="{OPCOS}"' in kept.content.decode()
    assert opens(client)


def test_it_is_asked_of_those_who_are_there_already(fleur):
    client = client_of(fleur)
    assert opens(client)
    second_factor.require(fleur)
    assert led_to(client).startswith(OWN)


def test_one_that_was_taken_up_elsewhere_is_asked_for_here(fleur):
    client = client_of(fleur)
    with_factor(fleur)
    assert led_to(client).startswith(CODE)


def test_whoever_must_have_one_and_takes_it_away_takes_up_another(fleur, device):
    second_factor.require(fleur)
    client = browser_after_password()
    client.post(CODE, {"code": code(device)})
    client.post(OWN, {"remove": "1", "code": code(device, later=1)})
    assert led_to(client).startswith(OWN)


def test_a_lost_factor_that_was_forgotten_is_asked_for_no_more(fleur, device):
    client = browser_after_password()
    second_factor.forget(fleur)
    assert opens(client)


# -------------------------------------------------------------------------------------------------------- terminal
def test_the_terminal_lets_the_last_administrator_back_in(device, capsys):
    call_command("reset_second_factor", "fleur")
    assert "est oublié" in capsys.readouterr().out
    assert opens(browser_after_password())


@pytest.mark.parametrize(("name", "why"), [("jasmin", "pas de compte"), ("fleur", "pas de second facteur")])
def test_the_terminal_says_what_there_is_not(fleur, name, why):
    with pytest.raises(CommandError, match=why):
        call_command("reset_second_factor", name)


# ------------------------------------------------------------------------------------------------------------ else
@pytest.mark.parametrize("page", [OWN, CODE])
@pytest.mark.parametrize("role", ["anonymous", "visitor"])
def test_the_pages_are_for_whoever_gave_a_password(page, role):
    assert client_of(role).get(page).headers["Location"] == f"/admin/login/?next={page}"


def test_the_menu_of_the_account_leads_there(fleur):
    assert f'href="{OWN}"' in client_of(fleur).get("/admin/").content.decode()


def test_an_account_without_one_costs_no_query_more(fleur, django_assert_num_queries):
    client = client_of(fleur)
    with django_assert_num_queries(2):  # the session and the account
        client.get("/admin/jsi18n/")
