"""The first page of the administration: what waits for somebody, for whom, and in which order."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from branches.models import Agreement, Attachment, Conflict, Disagreement
from financing.models import FundsStatus, Rule
from opco_portal.sync.models import Source, SyncRun
from tests.publications import run

pytestmark = pytest.mark.django_db

BOARD = "/admin/"
# Of the whole page, by the rows that wait in each list: those that do not all fit into their card are counted too.
QUERIES = {1: 18, 30: 20}


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    """The reference has conflicts of its own, exhausted funds, and rules that end with the year."""
    for model in (Conflict, FundsStatus, Rule):
        model.objects.all().delete()


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("superuser")


@pytest.fixture
def staff(superuser) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def with_rights(*codenames: str) -> Client:
    user = User.objects.create_user("camille", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def told(client: Client) -> str:
    page = client.get(BOARD).content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.split('id="content"')[1])))


def cards(client: Client) -> list[str]:
    """The titles with their figures, in the order of the page."""
    page = client.get(BOARD).content.decode()
    found = re.findall(r'<span class="figure">(.*?)</span> <span class="what">(.*?)</span>', page)
    return [html.unescape(f"{figure} {what}") for figure, what in found]


def synchronised() -> None:
    """Every source was synchronised today, with success."""
    for code in ("siro", "agreements", "activities"):
        run("unchanged", code)


def conflict(idcc: str = "1486", **values) -> Conflict:
    facts = {"kind": "manual", "share": "0.93", "establishments": 100, **values}
    return Conflict.objects.create(agreement_id=idcc, ours_id="atlas", theirs_id="akto", **facts)


def disagreement(siret: int) -> Disagreement:
    return Disagreement.objects.create(
        siret=siret, engine="cfa-dock", opco_id="atlas", other_id="akto", said_at=timezone.now()
    )


def decision(author: User, ends_in: int | None) -> Attachment:
    today = timezone.localdate()
    end = today + timedelta(days=ends_in) if ends_in is not None else None
    return Attachment.objects.create(
        agreement_id="1486",
        opco_id="akto",
        source="manual",
        validity=DateRange(today - timedelta(days=90), end),
        reason="Arrêté",
        source_url="https://example.org/",
        author=author,
    )


# ------------------------------------------------------------------------------------------------------ the cards
def test_a_conflict_waits_with_both_opcos_and_leads_to_where_it_is_settled(staff):
    waiting = conflict()
    assert "1 conflit à trancher" in cards(staff)
    assert "Atlas ici, AKTO dans la table (93 %)" in told(staff)
    assert f'href="/admin/branches/conflict/{waiting.pk}/change/"' in staff.get(BOARD).content.decode()


@pytest.mark.parametrize(
    ("state", "days", "waits"), [("postponed", -1, True), ("postponed", 9, False), ("gone", 0, False)]
)
def test_a_conflict_that_was_put_off_waits_from_its_day_on(staff, state, days, waits):
    conflict(state=state, until=timezone.localdate() + timedelta(days=days))
    assert ("1 conflit à trancher" in cards(staff)) == waits


def test_agreements_that_the_table_splits_are_counted_until_somebody_decides(staff, superuser):
    split = Agreement.objects.get(pk="8822")
    before = cards(staff)
    assert split.short_title in told(staff)
    row = decision(superuser, None)
    Attachment.objects.filter(pk=row.pk).update(agreement=split)
    assert cards(staff) != before
    assert split.short_title not in told(staff)


def test_a_card_counts_what_the_list_that_it_leads_to_shows(staff):
    for value, title in (("sans-majorite", "sans OPCO majoritaire"), ("sans-titre", "sans titre")):
        address = f"/admin/branches/agreement/?a_traiter={value}"
        assert f'href="{address}"' in staff.get(BOARD).content.decode()
        (card,) = [card for card in cards(staff) if card.endswith(title)]
        assert staff.get(address).context["cl"].result_count == int(card.split()[0])


def test_decisions_that_end_soon_are_told_with_their_last_day(staff, superuser):
    row = decision(superuser, 12)
    assert "1 décision bientôt terminée" in cards(staff)
    address = "/admin/branches/attachment/?a_traiter=fin-proche"
    assert [each.pk for each in staff.get(address).context["cl"].result_list] == [row.pk]


@pytest.mark.parametrize("ends_in", [None, -1, 31])
def test_other_decisions_are_not(staff, superuser, ends_in):
    decision(superuser, ends_in)
    assert not any("terminée" in card for card in cards(staff))


def test_disagreements_are_told_until_somebody_has_looked_at_them(staff):
    row = disagreement(50103081100092)
    assert "1 désaccord à regarder" in cards(staff)
    row.settled_at = timezone.now()
    row.save()
    assert not any("désaccord" in card for card in cards(staff))


def test_a_source_whose_data_is_old_is_told(staff):
    Source.objects.filter(pk="siro").update(
        as_of=timezone.localdate() - timedelta(days=76), vintage="mai 2026"
    )
    assert "1 source ancienne" in cards(staff)
    Source.objects.filter(pk="siro").update(as_of=timezone.localdate())
    assert "1 source ancienne" not in cards(staff)


@pytest.mark.parametrize("state", ["refused", "failed", "interrupted"])
def test_a_synchronisation_that_went_wrong_comes_first_and_leads_to_its_run(staff, state):
    synchronised()
    conflict()
    wrong = run(state)
    assert cards(staff)[0] == "1 mise à jour en échec ou refusée"
    assert f'href="/admin/sync/syncrun/{wrong.pk}/change/"' in staff.get(BOARD).content.decode()


def test_a_trial_that_went_wrong_alarms_nobody(staff):
    synchronised()
    run("refused", dry_run=True)
    assert not any("refusée" in card for card in cards(staff))


def test_before_the_first_synchronisations_somebody_is_asked_to_start_them(staff):
    assert cards(staff)[0] == "3 sources jamais synchronisées"


# ------------------------------------------------------------------------------------------------------- the page
def test_what_is_fine_is_one_line(staff):
    synchronised()
    text = told(staff)
    assert "Rien à signaler : dernières synchronisations réussies" in text
    assert "aucun conflit" in text


def test_when_everything_is_fine_the_page_says_so():
    synchronised()
    text = told(with_rights("view_syncrun"))
    assert "Rien n’attend personne." in text


def test_each_card_is_for_those_who_may_view_its_list():
    conflict()
    disagreement(50103081100092)
    client = with_rights("view_disagreement")
    assert cards(client) == ["1 désaccord à regarder"]
    assert "conflit" not in told(client)


def test_an_account_without_rights_is_told_what_to_do():
    assert "demandez à un administrateur de vous mettre dans un groupe" in told(with_rights())


def test_a_card_shows_five_rows_and_counts_all(staff):
    for number in range(12):
        disagreement(50103081100000 + number)
    assert "12 désaccords à regarder" in cards(staff)
    assert told(staff).count("chez CFA Dock") == 5


@pytest.mark.parametrize("many", [1, 30])
def test_the_page_reads_few_queries_however_much_waits(staff, superuser, many, django_assert_num_queries):
    for number, idcc in enumerate(Agreement.objects.values_list("pk", flat=True)[:many]):
        conflict(idcc)
        disagreement(50103081100000 + number)
        run("refused")
    decision(superuser, 12)
    with django_assert_num_queries(QUERIES[many]):
        staff.get(BOARD)


def test_states_that_the_card_of_synchronisations_knows_are_all_that_there_are():
    fine = {"queued", "running", "published", "unchanged", "tried", "cancelled", "busy"}
    assert set(SyncRun.State.values) - fine == {"refused", "failed", "interrupted"}
