"""A session lasts a working day at most, its end is told, and nothing stays of it."""

from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from opco_portal.celery import app as celery
from opco_portal.staff.tasks import clear_sessions
from tests.opco_portal.staff.people import PASSWORD, account, client_of

pytestmark = pytest.mark.django_db

OVER = "Votre session a pris fin"
COOKIE = settings.SESSION_COOKIE_NAME


@pytest.fixture
def browser():
    account("mapper", "fleur", password=PASSWORD)
    client = Client()
    client.post("/admin/login/", {"username": "fleur", "password": PASSWORD})
    return client


def test_a_login_leads_into_the_administration(browser):
    answer = Client().post("/admin/login/", {"username": "fleur", "password": PASSWORD})
    assert answer.headers["Location"] == "/admin/"


def test_it_ends_with_the_browser_and_after_eight_hours(browser):
    assert browser.cookies[COOKIE]["max-age"] == ""
    left = Session.objects.get().expire_date - timezone.now()
    assert timedelta(hours=7, minutes=59) < left <= timedelta(hours=8)


def test_what_is_done_meanwhile_does_not_prolong_it(browser):
    ends = Session.objects.get().expire_date
    session = browser.session
    session["something"] = 1
    session.save()
    assert Session.objects.get().expire_date == ends
    answer = browser.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": f"{PASSWORD} 2", "new_password2": f"{PASSWORD} 2"},
    )
    assert answer.status_code == 302
    assert Session.objects.get(session_key=browser.cookies[COOKIE].value).expire_date == ends
    assert browser.cookies[COOKIE]["max-age"] == ""


def test_a_key_from_before_the_login_is_worth_nothing():
    account("mapper", "fleur", password=PASSWORD)
    client = Client()
    session = client.session
    session["something"] = 1
    session.save()
    before = session.session_key
    client.cookies[COOKIE] = before
    client.post("/admin/login/", {"username": "fleur", "password": PASSWORD})
    assert client.cookies[COOKIE].value != before
    assert not Session.objects.filter(pk=before).exists()


def test_its_end_is_told_where_one_logs_in_again(browser):
    Session.objects.update(expire_date=timezone.now())
    page = browser.get("/admin/branches/opco/", follow=True)
    assert OVER in page.content.decode()
    assert page.redirect_chain[-1][0] == "/admin/login/?next=/admin/branches/opco/"
    assert OVER not in browser.get("/admin/", follow=True).content.decode()  # told once


def test_whoever_was_never_there_or_left_is_not_told_so(browser):
    assert OVER not in Client().get("/admin/", follow=True).content.decode()
    browser.post("/admin/logout/")
    assert OVER not in browser.get("/admin/", follow=True).content.decode()


def test_public_pages_ask_nothing_of_it(django_assert_num_queries):
    client = client_of("mapper")
    with django_assert_num_queries(0):
        client.get("/robots.txt")
    assert "Cookie" not in client.get("/").headers.get("Vary", "")


def test_those_that_are_over_are_forgotten_each_night(browser):
    scheduled = [each for each in celery.conf.beat_schedule.values() if each["task"] == clear_sessions.name]
    assert [each["schedule"] for each in scheduled] == [crontab(minute="20", hour="3")]
    assert clear_sessions.name in celery.tasks
    Session.objects.create(session_key="over", session_data="", expire_date=timezone.now() - timedelta(1))
    kept = set(Session.objects.exclude(pk="over").values_list("pk", flat=True))
    clear_sessions()
    assert set(Session.objects.values_list("pk", flat=True)) == kept != set()
