"""Who may do what: every address and action of the administration, for everybody. A new one needs a row here."""

from collections.abc import Iterator
from datetime import date
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from branches.models import Agreement, AgreementName, Attachment, Branch, Conflict, Disagreement, Opco
from financing.models import Criteria, Envelope, FundsStatus, Rule, SourcePage
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import version_of
from opco_portal.staff.rights import MAPPING_EDITORS
from opco_portal.sync.models import Hours, Source, SyncRun
from tests.opco_portal.staff.people import account, client_of, with_factor

pytestmark = pytest.mark.django_db

# « half » gave the right password of a superuser, and not yet the code.
NOBODY: set[str] = set()
SUPERUSER = {"superuser"}
ADMINISTRATORS = {"administrator"} | SUPERUSER
MAPPERS = {"mapper"} | ADMINISTRATORS
FINANCERS = {"financer"} | ADMINISTRATORS
READERS = FINANCERS | MAPPERS
STAFF = {"outsider"} | READERS
KNOWN = {"half"} | STAFF
EVERYBODY = {"anonymous", "visitor"} | KNOWN


class Row(NamedTuple):
    """Who gets an answer; None: there is nothing to ask for in this way."""

    get: set[str] | None
    post: set[str] | None = None


def pages(
    model: str,
    view: set[str],
    *,
    add: set[str] = NOBODY,
    change: set[str] = NOBODY,
    delete: set[str] = NOBODY,
    files: bool = False,
    **more: Row,
) -> dict[str, Row]:
    """The rows of a model: Django's own, and `more` by what comes after the model in their names."""
    rows = {
        "changelist": Row(view),
        "add": Row(add, add),
        "change": Row(view, change),
        "history": Row(view),
        "delete": Row(delete, delete),
        **(FILES if files else {}),
        **more,
    }
    return {f"{model}_{name}": row for name, row in rows.items()}


FILES = {
    "export": Row(READERS),
    "template": Row(MAPPERS),
    "current": Row(MAPPERS),
    "import": Row(MAPPERS, MAPPERS),
    "process_import": Row(None, MAPPERS),
}
MATRIX: dict[str, Row] = {
    # --- everybody's
    "login": Row(EVERYBODY, EVERYBODY),
    "logout": Row(None, EVERYBODY),
    "second_factor": Row(KNOWN, KNOWN),
    "second_factor_code": Row(KNOWN, KNOWN),
    "password_change": Row(STAFF, STAFF),
    "password_change_done": Row(STAFF),
    "index": Row(STAFF),
    "app_list": Row(READERS),
    "find": Row(STAFF),
    "search": Row(STAFF),
    "autocomplete": Row(READERS),
    "jsi18n": Row(STAFF),
    "view_on_site": Row(STAFF),
    # --- mappings
    **pages("branches_opco", READERS, restore=Row(NOBODY, NOBODY)),
    **pages("branches_agreement", READERS, change=MAPPERS, restore=Row(MAPPERS, MAPPERS), files=True),
    **pages(
        "branches_agreementname",
        READERS,
        add=MAPPERS,
        change=MAPPERS,
        restore=Row(MAPPERS, MAPPERS),
        files=True,
    ),
    **pages("branches_branch", READERS, add=MAPPERS, change=MAPPERS, restore=Row(MAPPERS, MAPPERS)),
    **pages(
        "branches_attachment",
        READERS,
        add=MAPPERS,
        change=READERS,  # who may only look is led to the agreement
        end=Row(MAPPERS, MAPPERS),
        restore=Row(MAPPERS, MAPPERS),
        files=True,
    ),
    **pages(
        "branches_conflict",
        READERS,
        change=READERS,  # shown again: it is settled by the three that follow
        accept=Row(MAPPERS, MAPPERS),
        keep=Row(MAPPERS, MAPPERS),
        postpone=Row(MAPPERS, MAPPERS),
        restore=Row(NOBODY, NOBODY),
    ),
    **pages("branches_disagreement", READERS, change=MAPPERS, export=Row(READERS)),
    # of a mapping here; of a rule, `tests/financing/test_staff_rules.py`
    **pages("corrections_correction", READERS, undo=Row(MAPPERS, MAPPERS), export=Row(READERS)),
    # --- financing
    **pages(
        "financing_rule",
        READERS,
        add=FINANCERS,
        change=FINANCERS,
        new_version=Row(FINANCERS, FINANCERS),
        end=Row(FINANCERS, FINANCERS),
        restore=Row(FINANCERS, FINANCERS),
    ),
    **pages(
        "financing_envelope",
        READERS,
        add=FINANCERS,
        change=FINANCERS,
        exhausted=Row(FINANCERS, FINANCERS),
        reopen=Row(FINANCERS, FINANCERS),
        restore=Row(FINANCERS, FINANCERS),
    ),
    **pages("financing_fundsstatus", READERS, change=FINANCERS, restore=Row(FINANCERS, FINANCERS)),
    **pages("financing_criteria", READERS),
    **pages("financing_sourcepage", READERS),
    # --- sources
    **pages(
        "sync_source",
        READERS,
        synchronise=Row(None, ADMINISTRATORS),
        force=Row(ADMINISTRATORS, ADMINISTRATORS),
        roll_back=Row(ADMINISTRATORS, ADMINISTRATORS),
    ),
    **pages(
        "sync_syncrun",
        READERS,
        progress=Row(EVERYBODY),  # it leads to the page, which decides
        cancel=Row(None, ADMINISTRATORS),
    ),
    **pages("sync_hours", ADMINISTRATORS, change=ADMINISTRATORS),
    # --- accounts
    **pages(
        "auth_user",
        ADMINISTRATORS,
        add=ADMINISTRATORS,
        change=ADMINISTRATORS,
        password_change=Row(ADMINISTRATORS, ADMINISTRATORS),
    ),
    **pages("auth_group", ADMINISTRATORS),
    **pages("axes_accessattempt", ADMINISTRATORS, delete=ADMINISTRATORS),
}
ACTIONS = {  # on the rows that are ticked in a list
    "auth_user.require_factor": ADMINISTRATORS,
    "auth_user.release_factor": ADMINISTRATORS,
    "auth_user.forget_factor": ADMINISTRATORS,
    "axes_accessattempt.unlock": ADMINISTRATORS,
    "branches_disagreement.mark_as_treated": MAPPERS,
    "financing_rule.mark_as_verified": FINANCERS,
}
BROWSER = Client(raise_request_exception=False)  # one for all: each prepares the static files anew
EXPECTED = (200, 302, 403, 404)
QUERIES = {"autocomplete": "?app_label=branches&model_name=agreementname&field_name=agreement&term=coiffure"}


# -------------------------------------------------------------------------------------------------- every address
def addresses(patterns: Any, route: str = "") -> Iterator[tuple[str | None, str, set[str]]]:
    """Name, route and parameters of each."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            regex = pattern.pattern.regex
            yield pattern.name, route + str(pattern.pattern), set(regex.groupindex)


ADDRESSES = list(addresses(admin.site.get_urls()))
PARAMETERS = {name: parameters for name, _, parameters in ADDRESSES if name}
UNNAMED = [route for name, route, _ in ADDRESSES if name is None]


def test_every_address_has_a_row():
    assert "\n".join(sorted(PARAMETERS.keys() - MATRIX.keys())) == ""


def test_every_row_is_of_an_address():
    assert sorted(MATRIX.keys() - PARAMETERS.keys()) == []


def test_addresses_are_told_apart_by_their_names():
    names = [name for name, _, _ in ADDRESSES if name]
    assert len(names) == len(set(names))


# ------------------------------------------------------------------------------------------------------- everybody
@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr("opco_portal.sync.orders.enqueue", lambda run: None)


@pytest.fixture
def somebody():
    return account("mapper", "fleur")


@pytest.fixture
def cookies():
    """What each sends to be known."""
    half = account("superuser", "half")
    with_factor(half)
    return {who: client_of(half if who == "half" else who).cookies for who in sorted(EVERYBODY)}


@pytest.fixture
def rows(somebody):
    """What each address is about, by model."""
    agreement = Agreement.objects.get(pk="1486")
    atlas, akto = Opco.objects.get(pk="atlas"), Opco.objects.get(pk="akto")
    manual = Attachment.objects.create(
        agreement=agreement,
        opco=atlas,
        source="manual",
        validity=DateRange(date(2026, 1, 1)),
        reason="Essai",
        source_url="https://example.org/",
        author=somebody,
    )
    conflict = Conflict.objects.create(
        agreement=agreement, kind="manual", ours=atlas, theirs=akto, share=1, establishments=1
    )
    disagreement = Disagreement.objects.create(
        siret=50103081100092, engine="cfa-dock", opco=atlas, other=akto, said_at=timezone.now()
    )
    with correcting(somebody, reason="Essai") as draft:
        agreement.short_title = "Essai"
        agreement.save()
    made = [
        *(agreement, manual, conflict, disagreement, draft.made, somebody),
        *(Opco.objects.get(pk="akto"), AgreementName.objects.first(), Branch.objects.first()),
        *(Source.objects.get(pk="siro"), Hours.objects.get(task="sync.siro")),
        SyncRun.objects.create(source_id="siro", trigger="admin", state="failed"),
        Group.objects.get(name=MAPPING_EDITORS),
        AccessAttempt.objects.create(username="fleur", ip_address="192.0.2.1", failures_since_start=5),
        *(
            Rule.objects.first(),
            Envelope.objects.first(),
            FundsStatus.objects.first(),
            Criteria.objects.first(),
        ),
        SourcePage.objects.create(url="https://example.org/", status="ok", checked_at=timezone.now()),
    ]
    return {f"{row._meta.app_label}_{row._meta.model_name}": row for row in made}


def address(name, rows):
    row = rows.get("_".join(name.split("_")[:2]), rows["branches_agreement"])
    values = {
        "app_label": lambda: "branches",
        "code": lambda: row.pk,
        "content_type_id": lambda: ContentType.objects.get_for_model(row).pk,
        "id": lambda: row.pk,
        "number": lambda: version_of(row),
        "object_id": lambda: row.pk,
        "pk": lambda: row.pk,
    }
    arguments = {parameter: values[parameter]() for parameter in PARAMETERS[name]}
    return reverse(f"admin:{name}", kwargs=arguments) + QUERIES.get(name, "")


def request(cookies, method, url):
    """One question; whatever it did is undone, so that each is the first."""
    BROWSER.cookies = SimpleCookie({name: morsel.value for name, morsel in cookies.items()})
    with transaction.atomic():
        response = getattr(BROWSER, method)(url)
        transaction.set_rollback(True)
    return response


def is_answered(response):
    """Refused is a page that says so, one that does not exist for this account, or the login page."""
    return response.status_code in (200, 302) and not is_login(response)


def is_login(response):
    return response.headers.get("Location", "").startswith("/admin/login/")


def actions_of(user):
    """What a list offers an account, and lets it do."""
    asked = RequestFactory().get("/admin/")
    asked.user = user
    for model, shown in admin.site._registry.items():
        for action in (*shown.get_actions(asked), *shown.actions_submit_line):
            yield f"{model._meta.app_label}_{model._meta.model_name}.{action}"


def test_each_action_is_for_those_of_its_row_and_no_others():
    whole = EVERYBODY - {"half"}  # who gets no page
    users = {who: AnonymousUser() if who == "anonymous" else account(who) for who in whole}
    offered: dict[str, set[str]] = {}
    for who, user in users.items():
        for action in actions_of(user):
            offered.setdefault(action, set()).add(who)
    assert offered == ACTIONS


@pytest.mark.parametrize("method", ["get", "post"])
def test_each_address_answers_those_of_its_row_and_no_others(method, cookies, rows):
    wrong = {}
    for name in sorted(MATRIX.keys() & PARAMETERS.keys()):
        allowed, url = getattr(MATRIX[name], method), address(name, rows)
        if allowed is not None:
            responses = {who: request(cookies[who], method, url) for who in cookies}
            odd = {
                who: each.status_code
                for who, each in responses.items()
                if is_answered(each) != (who in allowed)
            }
            failed = {
                who: each.status_code for who, each in responses.items() if each.status_code not in EXPECTED
            }
            if odd or failed:
                wrong[name] = odd | failed
    assert "\n".join(f"{name} {method}: {odd}" for name, odd in wrong.items()) == ""


def test_what_changes_something_is_not_a_link(cookies, rows):
    names = [name for name, row in MATRIX.items() if row.get is None]
    answers = {name: request(cookies["superuser"], "get", address(name, rows)).status_code for name in names}
    assert set(answers.values()) == {405}, answers


def test_addresses_without_a_name_lead_to_one_that_has_a_row_or_nowhere(cookies):
    for route in UNNAMED:
        url = f"/admin/{route}".replace("<path:object_id>", "1").replace("(?P<url>.*)$", "nulle-part/")
        for who in cookies:
            response = request(cookies[who], "get", url)
            led_on = response.status_code == 404 or response.headers["Location"].endswith("/change/")
            assert led_on if who in STAFF else is_login(response), (url, who)
