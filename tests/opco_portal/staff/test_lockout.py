"""Passwords are not guessed: who tries too many waits, and is told."""

import html
import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from tests.opco_portal.staff.people import PASSWORD, account, client_of

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
ATTEMPTS = "/admin/axes/accessattempt/"
HOME, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def fleur():
    return account("mapper", "fleur", password=PASSWORD)


def log_in(password, name="fleur", address=HOME, **options):
    return Client().post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address, **options)


def fail(times, name="fleur", address=HOME, **options):
    return [log_in("x", name, address, **options).status_code for _ in range(times)]


def is_in(answer):
    return answer.status_code == 302


def test_the_fifth_wrong_password_locks():
    assert fail(6) == [200, 200, 200, 200, 429, 429]
    assert log_in(PASSWORD).status_code == 429


def test_the_page_says_when_to_come_back_and_whom_to_ask(settings):
    settings.CONTACT_EMAIL = "portail@example.org"
    fail(5)
    answer = log_in("x")
    text = re.sub(r"\s+", " ", html.unescape(answer.content.decode()))
    assert "pendant 15 minutes" in text
    assert "portail@example.org" in text
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "no-store" in answer.headers["Cache-Control"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_after_a_quarter_of_an_hour_the_right_password_opens_again():
    fail(5)
    fail(3)  # who goes on trying does not wait for longer
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert is_in(log_in(PASSWORD))


def test_another_browser_does_not_get_round_it():
    fail(3, headers={"user-agent": "a"})
    assert fail(2, headers={"user-agent": "b"}) == [200, 429]


def test_another_address_of_the_same_subscriber_does_not_get_round_it():
    tried = [log_in("x", address=f"2001:db8:0:1::{each}").status_code for each in range(1, 7)]
    assert tried == [200, 200, 200, 200, 429, 429]
    assert is_in(log_in(PASSWORD, address="2001:db8:0:2::1"))
    assert AccessAttempt.objects.get().ip_address == "2001:db8:0:1::"


def test_an_address_written_in_two_ways_is_one():
    fail(5, address="::ffff:192.0.2.1")
    assert log_in(PASSWORD, address="192.0.2.1").status_code == 429


def test_somebody_elsewhere_is_not_locked_out():
    fail(5)
    assert is_in(log_in(PASSWORD, address=ELSEWHERE))


def test_many_addresses_together_lock_an_account():
    for host in range(3, 13):
        fail(5, address=f"192.0.2.{host}")
    assert log_in(PASSWORD).status_code == 429


def test_an_address_that_tries_many_accounts_is_locked():
    for number in range(13):
        fail(4, f"personne {number}")
    assert log_in(PASSWORD).status_code == 429
    assert is_in(log_in(PASSWORD, address=ELSEWHERE))


def test_the_right_password_clears_ones_own_mistakes_and_not_what_others_try():
    fail(4)
    fail(4, address=ELSEWHERE)
    assert is_in(log_in(PASSWORD))
    assert fail(4) == [200] * 4
    assert fail(1, address=ELSEWHERE) == [429]


def test_behind_proxies_the_client_is_counted_not_the_proxy(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    fail(5, headers={"x-forwarded-for": f"10.0.0.1, {HOME}"})
    assert log_in(PASSWORD, headers={"x-forwarded-for": f"10.0.0.2, {HOME}"}).status_code == 429
    assert is_in(log_in(PASSWORD, headers={"x-forwarded-for": f"{HOME}, {ELSEWHERE}"}))


def test_an_address_that_is_none_is_counted_all_the_same(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert fail(5, headers={"x-forwarded-for": "inconnu"})[-1] == 429


def test_no_password_is_written_down(caplog):
    with caplog.at_level("DEBUG"):
        log_in("secret de fleur")
        fail(5)
    kept = str(AccessAttempt.objects.values().get())
    assert "secret de fleur" not in kept + caplog.text
    assert "csrfmiddlewaretoken=x" not in kept


# --------------------------------------------------------------------------------------------------- administrators
def test_an_administrator_ends_the_wait():
    fail(5)
    client = client_of("administrator")
    page = client.get(ATTEMPTS).content.decode()
    assert "Connexions refusées" in page
    assert "jusqu’au" in page
    client.post(ATTEMPTS, {"action": "unlock", "_selected_action": [AccessAttempt.objects.get().pk]})
    assert is_in(log_in(PASSWORD))


def test_what_was_typed_beside_the_name_is_not_shown():
    fail(1)
    page = client_of("administrator").get(f"{ATTEMPTS}{AccessAttempt.objects.get().pk}/change/")
    assert "csrfmiddlewaretoken=" not in page.content.decode()
    assert "password=" not in page.content.decode()


@pytest.mark.parametrize("role", ["mapper", "financer", "outsider"])
def test_others_neither_see_nor_end_it(role):
    fail(5)
    client = client_of(role)
    assert client.get(ATTEMPTS).status_code == 403
    client.post(ATTEMPTS, {"action": "unlock", "_selected_action": [AccessAttempt.objects.get().pk]})
    assert log_in(PASSWORD).status_code == 429
