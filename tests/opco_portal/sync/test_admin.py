"""The administration of sources and runs: who may do what, and what a press of a button leads to."""

import html
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.sync.journal import idle
from opco_portal.sync.models import Hours, Source, SyncRun
from opco_portal.sync.schedule import in_words

pytestmark = pytest.mark.django_db
State, Kind = SyncRun.State, SyncRun.Kind

SOURCES, RUNS = "/admin/sync/source/", "/admin/sync/syncrun/"
SIRO = f"{SOURCES}siro/change/"
HOURS = "/admin/sync/hours/"
SYNCHRONISE, FORCE, RETURN = (f"{SOURCES}siro/{word}/" for word in ("synchroniser", "forcer", "retour"))
HTMX = {"HX-Request": "true"}
EVERYBODY = [
    "anonymous",
    "outsider",
    "reader",
    "synchroniser",
    "returner",
    "watchman",
    "timekeeper",
    "superuser",
]
RIGHTS = {
    "outsider": [],
    "reader": ["view_source", "view_syncrun"],
    "synchroniser": ["synchronise_source"],
    "returner": ["roll_back_source"],
    "watchman": ["view_hours"],
    "timekeeper": ["change_hours"],
}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The runs that were handed to a worker, of which there is none here."""
    runs = []
    monkeypatch.setattr("opco_portal.sync.orders.enqueue", runs.append)
    return runs


def client_of(who: str, **options) -> Client:
    client = Client(**options)
    if who != "anonymous":
        user = User.objects.create_user(who, is_staff=True, is_superuser=who == "superuser")
        user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS.get(who, [])))
        client.force_login(user)
    return client


@pytest.fixture
def staff():
    return client_of("superuser")


def made(state=State.PUBLISHED, vintage="juin 2026", **values) -> SyncRun:
    return SyncRun.objects.create(source_id="siro", trigger="admin", state=state, vintage=vintage, **values)


@pytest.fixture
def july():
    """July is served and replaces June."""
    june = made(finished_at="2026-06-20T05:10Z", rows=3_600_000, checksum="june")
    run = made(
        vintage="juillet 2026",
        replaces=june,
        finished_at="2026-07-20T05:10Z",
        rows=3_700_000,
        checksum="july",
    )
    Source.objects.filter(pk="siro").update(run=run, vintage="juillet 2026")
    return run


def address_of(item: SyncRun | Hours) -> str:
    return f"{RUNS if isinstance(item, SyncRun) else HOURS}{item.pk}/change/"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


# ------------------------------------------------------------------------------------------ who may do what
MAY_SYNCHRONISE = {"synchroniser", "superuser"}
MAY_RETURN = {"returner", "superuser"}
MAY_LOOK = {"reader", "synchroniser", "returner", "superuser"}
MAY_SEE_HOURS = {"watchman", "timekeeper", "superuser"}
MAY_CHANGE_HOURS = {"timekeeper", "superuser"}
MATRIX = [
    ("get", SOURCES, MAY_LOOK),
    ("get", SIRO, MAY_LOOK),
    ("get", RUNS, MAY_LOOK),
    ("get", f"{RUNS}{{run}}/change/", MAY_LOOK),
    ("post", SYNCHRONISE, MAY_SYNCHRONISE),
    ("get", FORCE, MAY_SYNCHRONISE),
    ("post", FORCE, MAY_SYNCHRONISE),
    ("get", RETURN, MAY_RETURN),
    ("post", RETURN, MAY_RETURN),
    ("post", f"{RUNS}{{run}}/annuler/", MAY_SYNCHRONISE),
    ("post", f"{RUNS}{{way_back}}/annuler/", MAY_RETURN),
    ("get", HOURS, MAY_SEE_HOURS),
    ("get", f"{HOURS}{{hours}}/change/", MAY_SEE_HOURS),
    ("post", f"{HOURS}{{hours}}/change/", MAY_CHANGE_HOURS),
    # Nobody changes, adds or deletes any of it by hand.
    ("post", SIRO, set()),
    ("get", f"{SOURCES}add/", set()),
    ("post", f"{SOURCES}siro/delete/", set()),
    ("post", f"{RUNS}{{run}}/change/", set()),
    ("get", f"{RUNS}add/", set()),
    ("post", f"{RUNS}{{run}}/delete/", set()),
    ("get", f"{HOURS}add/", set()),
    ("post", f"{HOURS}{{hours}}/delete/", set()),
]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("method", "address", "allowed"), MATRIX)
def test_each_account_may_do_what_it_is_entitled_to(method, address, allowed, who, july):
    way_back = made(State.CANCELLED, kind=Kind.ROLLBACK)
    hours = Hours.objects.get(task="sync.siro")
    address = address.format(run=july.pk, way_back=way_back.pk, hours=hours.pk)
    before = SyncRun.objects.count()
    response = getattr(client_of(who), method)(address)
    if who == "anonymous":
        assert response.headers["Location"].startswith("/admin/login/")
    elif who in allowed:
        assert response.status_code in (200, 302)
    else:
        assert response.status_code == 403
        assert "Votre compte n’a pas accès à cette page" in text_of(response)
        assert SyncRun.objects.count() == before


@pytest.mark.parametrize("address", [SYNCHRONISE, f"{RUNS}1/annuler/"])
def test_reading_an_address_never_does_anything(staff, address):
    assert staff.get(address).status_code == 405
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("address", [SYNCHRONISE, FORCE, RETURN, f"{RUNS}{{run}}/annuler/"])
def test_a_post_from_elsewhere_is_refused(address, july):
    client = client_of("superuser", enforce_csrf_checks=True)
    assert client.post(address.format(run=july.pk)).status_code == 403


@pytest.mark.parametrize("who", ["reader", "synchroniser", "returner"])
def test_buttons_are_those_that_the_account_may_press(who, july):
    text = text_of(client_of(who).get(SIRO))
    assert ("Synchroniser maintenant" in text) == (who == "synchroniser")
    assert ("Forcer" in text) == (who == "synchroniser")
    assert ("Revenir à juin 2026" in text) == (who == "returner")
    assert text.find("Essai sans publier") <= text.find("Forcer…")


@pytest.mark.parametrize("code", ["naf", "nawak"])
def test_a_source_that_nothing_synchronises_has_no_buttons(staff, code):
    assert "Synchroniser maintenant" not in text_of(staff.get(f"{SOURCES}{code}/change/"))
    assert staff.post(f"{SOURCES}{code}/synchroniser/").status_code == 404
    assert staff.get(f"{SOURCES}{code}/retour/").status_code == 404


# ----------------------------------------------------------------------------------------- asking for a run
@pytest.mark.parametrize(
    ("address", "data", "dry_run", "force"),
    [
        (SYNCHRONISE, {}, False, False),
        (SYNCHRONISE, {"dry_run": "1"}, True, False),
        (FORCE, {}, False, True),
        (FORCE, {"dry_run": "1"}, True, True),
    ],
)
def test_a_button_prepares_a_run_hands_it_to_a_worker_and_leads_to_it(
    staff, sent, address, data, dry_run, force
):
    response = staff.post(address, data)
    run = SyncRun.objects.get()
    assert (run.state, run.kind, run.trigger) == (State.QUEUED, Kind.SYNC, "admin")
    assert (run.dry_run, run.force) == (dry_run, force)
    assert run.user.username == "superuser"
    assert sent == [run]
    assert response.headers["Location"] == f"{RUNS}{run.pk}/change/"


def test_the_list_of_sources_has_the_button_too(staff):
    page = staff.get(SOURCES).content.decode()
    assert f'formaction="{SYNCHRONISE}"' in page
    assert f'formaction="{SOURCES}naf/synchroniser/"' not in page


def test_a_second_press_leads_to_the_run_of_the_first(staff, sent):
    first = staff.post(SYNCHRONISE)
    second = staff.post(SYNCHRONISE, follow=True)
    assert second.redirect_chain == [(first.headers["Location"], 302)]
    assert "déjà en cours" in text_of(second)
    assert len(sent) == SyncRun.objects.count() == 1


def test_a_run_that_is_at_work_is_led_to_as_well(staff, sent):
    running = made(State.RUNNING)
    with idle("siro"):  # somebody holds the source
        response = staff.post(SYNCHRONISE)
    assert response.headers["Location"] == f"{RUNS}{running.pk}/change/"
    assert sent == []


# ----------------------------------------------------------------------------------------------- cancelling
def test_a_run_that_waits_is_cancelled_at_once(staff):
    run = made(State.QUEUED)
    page = staff.post(f"{RUNS}{run.pk}/annuler/", follow=True)
    run.refresh_from_db()
    assert (run.state, run.cancel_requested) == (State.CANCELLED, True)
    assert run.finished_at is not None
    assert "Annulée avant de commencer" in text_of(page)


def test_a_run_at_work_is_asked_to_stop(staff):
    run = made(State.RUNNING)
    with idle("siro"):
        page = staff.post(f"{RUNS}{run.pk}/annuler/", follow=True)
    run.refresh_from_db()
    assert (run.state, run.cancel_requested) == (State.RUNNING, True)
    assert "Annulation demandée" in text_of(page)
    assert "Annuler" not in text_of(page)


def test_cancelling_a_run_whose_process_died_ends_it(staff):
    run = made(State.RUNNING)
    staff.post(f"{RUNS}{run.pk}/annuler/")
    run.refresh_from_db()
    assert run.state == State.INTERRUPTED


def test_a_run_that_has_ended_cannot_be_cancelled_any_more(staff, july):
    page = staff.post(f"{RUNS}{july.pk}/annuler/", follow=True)
    july.refresh_from_db()
    assert (july.state, july.cancel_requested) == (State.PUBLISHED, False)
    assert "Annuler" not in text_of(page)


# ----------------------------------------------------------------------------------------------- going back
def test_going_back_says_what_leaves_and_what_returns_then_asks_for_it(staff, sent, july):
    text = text_of(staff.get(RETURN))
    assert re.search(r"Ce qui part juillet 2026 , 3\s700\s000 établissements", text)
    assert re.search(r"Ce qui revient juin 2026 , 3\s600\s000 établissements", text)
    staff.post(RETURN, {"served": july.pk})
    (run,) = sent
    assert (run.kind, run.replaces) == (Kind.ROLLBACK, july)


def test_a_page_that_was_read_before_another_publication_confirms_nothing(staff, sent, july):
    page = staff.post(RETURN, {"served": july.replaces_id})
    assert "a changé entre-temps" in text_of(page)
    assert sent == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_previous_vintage_there_is_no_way_back(staff, sent, method):
    page = getattr(staff, method)(RETURN, follow=True)
    assert "pas de millésime précédent" in text_of(page)
    assert sent == []


def test_only_the_publication_being_served_can_be_withdrawn(staff, july):
    assert "Retirer et revenir" in text_of(staff.get(f"{RUNS}{july.pk}/change/"))
    assert "Retirer et revenir" not in text_of(staff.get(f"{RUNS}{july.replaces_id}/change/"))


# ------------------------------------------------------------------------------------------- what comes next
OFFERS = ["Publier maintenant", "Forcer…", "Réessayer"]


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        ({"state": State.TRIED, "dry_run": True}, ["Publier maintenant"]),
        ({"state": State.REFUSED, "forcible": True}, ["Forcer…"]),
        ({"state": State.REFUSED}, []),
        ({"state": State.FAILED}, ["Réessayer"]),
        ({"state": State.INTERRUPTED}, ["Réessayer"]),
        ({"state": State.BUSY}, ["Réessayer"]),
        ({"state": State.CANCELLED}, []),
        ({"state": State.UNCHANGED}, []),
        ({"state": State.PUBLISHED}, []),
        (
            {"state": State.TRIED, "dry_run": True, "url": ""},
            [],
        ),  # a file given by hand is not the publisher's
    ],
)
def test_a_run_that_has_ended_offers_what_comes_next(staff, values, offered):
    run = made(**{"url": "https://publisher.example/siro.csv", **values})
    text = text_of(staff.get(address_of(run)))
    assert [offer for offer in OFFERS if offer in text] == offered
    seen_by_others = text_of(client_of("reader").get(address_of(run)))
    made(State.CANCELLED)
    seen_later = text_of(staff.get(address_of(run)))
    assert not any(offer in seen_by_others + seen_later for offer in OFFERS)


@pytest.mark.parametrize(("force", "address"), [(False, SYNCHRONISE), (True, FORCE)])
@pytest.mark.parametrize("state", [State.TRIED, State.FAILED])
def test_what_comes_next_is_forced_as_the_run_was(staff, state, force, address):
    run = made(state, dry_run=True, force=force, url="https://publisher.example/siro.csv")
    page = staff.get(address_of(run)).content.decode()
    assert f'action="{address}"' in page
    assert ('name="dry_run"' in page) == (state == State.FAILED)


def test_a_way_back_that_failed_can_be_asked_for_again(staff, july):
    run = made(State.FAILED, kind=Kind.ROLLBACK, vintage="juin 2026")
    page = staff.get(address_of(run)).content.decode()
    assert f'href="{RETURN}"' in page
    assert "Réessayer" not in page


@pytest.mark.parametrize(
    ("values", "words", "tone"),
    [
        ({}, "Publiée", "published"),
        ({"kind": Kind.ROLLBACK}, "Retour effectué", "published"),
        ({"withdrawn_at": "2026-07-20T05:10Z"}, "Publiée, puis retirée", "withdrawn"),
    ],
)
def test_what_became_of_a_publication_is_told(staff, values, words, tone):
    run = made(**values)
    page = staff.get(address_of(run)).content.decode()
    assert f"<strong>{words}</strong>" in page
    assert f'class="outcome state-{tone}"' in page
    assert f'<span class="state state-{tone}">{words.lower()}</span>' in staff.get(RUNS).content.decode()


def test_while_a_run_is_under_way_the_source_leads_to_it(staff, july):
    run = made(State.RUNNING, step="fetch", done=24, total=100)
    page = staff.get(SIRO)
    assert "Mise à jour en cours (24 %) : la suivre" in text_of(page)
    assert address_of(run) in page.content.decode()
    assert "Synchroniser maintenant" not in text_of(page)
    assert "Revenir à" not in text_of(page)


def test_sources_that_are_synchronised_come_first(staff):
    text = text_of(staff.get(SOURCES))
    assert text.index("Table SIRET-OPCO") < text.index("Nomenclature d’activités")
    assert text.count("à la main") == Source.objects.count() - 3


# ------------------------------------------------------------------------------------------------- progress
def test_a_run_under_way_is_asked_after_every_second(staff):
    run = made(State.RUNNING, step="fetch", done=45_200_000, total=109_200_000)
    page = staff.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert f'hx-get="{RUNS}{run.pk}/avancement/" hx-trigger="every 1s"' in page
    assert re.findall(r'<script src="[^"]*htmx[^"]*"', page) == [
        '<script src="/static/unfold/js/htmx/htmx.js"'
    ]
    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_progress_is_told_in_words(staff):
    run = made(State.RUNNING, step="stage", done=45_200_000, total=109_200_000, rows=1_500_000)
    fragment = staff.get(f"{RUNS}{run.pk}/avancement/", headers=HTMX)
    assert re.search(
        r"Lecture\s*: 45,2\sMo sur 109,2\sMo \(41\s%\), 1\s500\s000\slignes lues", text_of(fragment)
    )
    assert '<progress aria-label="Avancement" max="100" value="41">' in fragment.content.decode()
    assert "no-store" in fragment.headers["Cache-Control"]


def test_a_run_that_waits_for_long_points_to_the_worker(staff):
    run = made(State.QUEUED)
    address = f"{RUNS}{run.pk}/avancement/"
    assert "worker" not in text_of(staff.get(address, headers=HTMX))
    SyncRun.objects.update(created_at="2026-01-01T00:00Z")
    assert "vérifiez que le service « worker » est démarré" in text_of(staff.get(address, headers=HTMX))


def test_when_a_run_has_ended_its_outcome_takes_the_place_of_the_progress(staff, july):
    fragment = staff.get(f"{RUNS}{july.pk}/avancement/", headers=HTMX)
    assert fragment.headers["HX-Retarget"] == "#run"
    assert "hx-trigger" not in fragment.content.decode()
    assert "Publiée" in text_of(fragment)
    assert (
        "avancement" not in staff.get(f"{RUNS}{july.pk}/change/").content.decode()
    )  # nothing is asked for again


@pytest.mark.parametrize("who", ["anonymous", "outsider"])
def test_progress_is_not_for_those_who_may_not_look(who, july):
    client = client_of(who)
    address = f"{RUNS}{july.pk}/avancement/"
    fragment = client.get(address, headers=HTMX)
    assert fragment.headers["HX-Refresh"] == "true"  # the whole page says why, or asks who it is
    assert fragment.content == b""
    assert client.get(address).headers["Location"] == f"{RUNS}{july.pk}/change/"


# ---------------------------------------------------------------------------------------------------- pages
def test_what_a_file_or_a_publisher_says_is_escaped(staff):
    bad = "<script>alert(1)</script>"
    run = made(
        State.REFUSED,
        message=f"Libellé inconnu : {bad}",
        vintage=bad,
        url="javascript:alert(1)",
        set_aside=[{"line": 12, "text": bad, "why": bad}],
        report={
            "headline": [bad],
            "tables": [
                {
                    "code": bad,
                    "title": bad,
                    "intro": bad,
                    "columns": [
                        {"label": bad, "kind": "text"},
                        {"label": "n", "kind": "count"},
                        {"label": bad, "kind": "opco"},
                    ],
                    "rows": [[bad, 1234, bad], [bad, 1234, "opco-mobilites"]],
                }
            ],
        },
    )
    for address in (f"{RUNS}{run.pk}/change/", RUNS, SIRO, SOURCES):
        page = staff.get(address).content.decode()
        assert bad not in page
        assert 'href="javascript' not in page
    detail = text_of(staff.get(f"{RUNS}{run.pk}/change/"))
    assert "1 234" in detail
    assert "OPCO Mobilités" in detail
    assert "Lignes écartées (1)" in detail


def test_long_tables_unfold(staff):
    run = made(State.REFUSED, set_aside=[{"line": n, "text": "x", "why": "y"} for n in range(1, 301)])
    assert re.search(r"Voir 285\sautres lignes", text_of(staff.get(address_of(run))))


@pytest.mark.parametrize(("address", "queries"), [(SOURCES, 6), (RUNS, 5)])
def test_lists_read_the_same_number_of_queries_however_long_they_are(
    staff, address, queries, django_assert_num_queries
):
    user = User.objects.get()
    for _ in range(20):
        made(State.REFUSED, user=user, report={"headline": []}, set_aside=[{}])
    with django_assert_num_queries(queries):
        staff.get(address)


@pytest.mark.parametrize("many", [0, 20])
def test_hours_are_listed_with_their_sources_in_as_many_queries(staff, many, django_assert_num_queries):
    crontab = Hours.objects.get(task="sync.siro").crontab
    for number in range(many):
        PeriodicTask.objects.create(name=f"essai {number}", task="sync.naf", crontab=crontab)
    with django_assert_num_queries(5):
        page = staff.get(HOURS)
    assert text_of(page).count("Nomenclature d’activités") == many


def test_runs_are_filtered(staff, july):
    refused = made(State.REFUSED, message="Le fichier est vide.")
    page = text_of(staff.get(f"{RUNS}?state__exact=refused&source__code__exact=siro"))
    assert "Le fichier est vide" in page
    assert f"{RUNS}{refused.pk}/" in staff.get(f"{RUNS}?state__exact=refused").content.decode()
    assert f"{RUNS}{july.pk}/" not in staff.get(f"{RUNS}?state__exact=refused").content.decode()


# ------------------------------------------------------------------------------------------------ schedules
@pytest.fixture
def hours():
    return Hours.objects.get(task="sync.siro")


def test_staff_choose_a_day_and_an_hour_and_nothing_else(staff, hours):
    page = staff.post(
        address_of(hours), {"enabled": "on", "day": "* 1", "time": "04:20", "task": "celery.x"}, follow=True
    )
    said = "La source « Table SIRET-OPCO » sera vérifiée chaque lundi à 4 h 20."
    assert said in text_of(page)
    hours.refresh_from_db()
    assert in_words(hours.crontab) == "chaque lundi à 4\xa0h\xa020"
    assert (hours.enabled, hours.task, str(hours.crontab.timezone)) == (True, "sync.siro", "Europe/Paris")
    assert hours.crontab == PeriodicTask.objects.get(task="sync.agreements").crontab  # the row is used again


def test_the_form_begins_with_what_is_in_force(staff, hours):
    page = staff.get(address_of(hours)).content.decode()
    assert '<option value="20 *" selected>le 20 de chaque mois</option>' in page
    assert 'name="time" value="05:10"' in page


def test_a_source_can_be_left_alone(staff, hours):
    page = staff.post(address_of(hours), {"day": "20 *", "time": "05:10"}, follow=True)
    assert "ne sera plus vérifiée d’elle-même" in text_of(page)
    hours.refresh_from_db()
    assert not hours.enabled


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"minute": "0", "hour": "*/6"}, "cron : 0 */6 * * *"),
        ({"minute": "0", "hour": "5", "timezone": "UTC"}, "cron : 0 5 * * * (UTC)"),
        ({"minute": "0", "hour": "5", "day_of_month": "31"}, "le 31 de chaque mois à 5 h 00"),
    ],
)
def test_hours_that_the_form_cannot_say_are_shown_and_kept(staff, hours, fields, line):
    special = CrontabSchedule.objects.create(**{"timezone": "Europe/Paris", **fields})
    Hours.objects.update(crontab=special)
    assert f"inchangé ({line})" in text_of(staff.get(address_of(hours)))
    staff.post(address_of(hours), {"enabled": "on", "day": "", "time": ""})
    hours.refresh_from_db()
    assert hours.crontab == special
    staff.post(address_of(hours), {"enabled": "on", "day": "* *", "time": "06:30"})
    hours.refresh_from_db()
    assert in_words(hours.crontab) == "chaque jour à 6\xa0h\xa030"


@pytest.mark.parametrize("time", ["", "25:00", "x"])
def test_an_hour_that_is_none_is_answered_in_french(staff, hours, time):
    page = text_of(staff.post(address_of(hours), {"day": "* 1", "time": time}))
    assert "heure" in page
    assert "Enter a valid" not in page
    assert in_words(Hours.objects.get(task="sync.siro").crontab).startswith("le 20")


def test_the_page_of_a_source_leads_to_its_hours(staff, hours):
    assert f'<a href="{address_of(hours)}">' in staff.get(SIRO).content.decode()
    assert HOURS not in client_of("reader").get(SIRO).content.decode()


@pytest.mark.parametrize("name", ["clocked", "crontab", "interval", "solar"])
def test_schedules_that_staff_do_not_need_are_not_shown(staff, name):
    assert staff.get(f"/admin/django_celery_beat/{name}schedule/").status_code == 404


def test_whoever_may_look_at_schedules_may_not_run_or_stop_them(hours):
    client = client_of("watchman")
    assert "le 20 de chaque mois" in text_of(client.get(address_of(hours)))
    client.post(HOURS, {"action": "disable_tasks", "_selected_action": hours.pk})
    hours.refresh_from_db()
    assert hours.enabled


def test_the_plumbing_of_schedules_is_in_no_menu(staff):
    assert "django_celery_beat" not in {app["app_label"] for app in staff.get("/admin/").context["app_list"]}
