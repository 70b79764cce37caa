"""The queue of contradictions: how they come, how staff settle them, how they come back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from branches import attachments, conflicts
from branches.evidence import look_up
from branches.models import Agreement, Attachment, Conflict, VintagePair
from branches.tasks import follow_dates
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import history_of
from opco_portal.corrections.models import Correction
from opco_portal.corrections.origins import origin_of, origins_of
from opco_portal.corrections.revert import revert
from opco_portal.sync.models import Source
from tests.publications import run

pytestmark = pytest.mark.django_db
State = Conflict.State
SOURCE = "https://example.org/accord"


@pytest.fixture
def camille() -> User:
    return User.objects.create_user("camille", is_staff=True)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def decide(camille):
    """Attach 1486, which the table gives to Atlas, as staff do."""

    def run(opco="akto", first=date(2026, 1, 1), end=None, idcc="1486", author=camille) -> Attachment:
        with correcting(author, reason="arbitrage"):
            return attachments.decide(idcc, opco, first, end, "arbitrage", SOURCE, author)

    return run


def order(opco="akto") -> Attachment:
    """An approval order that says something else than the table, which says Atlas."""
    Attachment.objects.filter(agreement="1486", source="approval").delete()
    return Attachment.objects.create(
        agreement_id="1486",
        opco_id=opco,
        source="approval",
        document_date=date(2019, 3, 29),
        source_url="https://www.legifrance.gouv.fr/",
    )


def queue(idcc="1486") -> list[tuple[str, str, str, str]]:
    rows = Conflict.objects.filter(agreement=idcc).order_by("pk")
    return [(row.kind, row.ours_id, row.theirs_id, row.state) for row in rows]


@pytest.fixture
def conflict() -> Conflict:
    """The table against an order, which waits."""
    order()
    conflicts.refresh()
    return Conflict.objects.get(agreement="1486")


def best(idcc="1486") -> str:
    found = look_up(f"IDCC {idcc}").best
    return found.opco.slug if found else ""


# ----------------------------------------------------------------------------------------------------------- they come
def test_the_queue_begins_with_what_the_files_contradict():
    kinds = set(Conflict.objects.values_list("kind", flat=True))
    assert kinds == {"approval"}
    assert set(Conflict.objects.values_list("state", flat=True)) == {"open"}


def test_finding_again_what_is_known_writes_nothing(conflict):
    versions = len(history_of(conflict))
    conflicts.refresh()
    assert len(history_of(conflict)) == versions
    assert queue() == [("approval", "akto", "atlas", "open")]


def test_a_majority_that_an_earlier_vintage_had_is_lost():
    june, july = run(vintage="juin 2026", days=30), run(vintage="juillet 2026")
    Source.objects.filter(pk="siro").update(run=july, vintage="juillet 2026")
    VintagePair.objects.create(run=june, idcc="1486", opco="atlas", establishments=95)
    VintagePair.objects.create(run=june, idcc="1486", opco="akto", establishments=5)
    Attachment.objects.filter(agreement="1486", source="siro").delete()
    for opco, count in (("atlas", 70), ("akto", 30)):
        Attachment.objects.create(
            agreement_id="1486", opco_id=opco, source="siro", establishments=count, share=count / 100
        )
    conflicts.refresh()
    assert queue() == [("majority", "atlas", "atlas", "open")]
    Attachment.objects.filter(agreement="1486", opco="atlas", source="siro").update(share=Decimal("0.95"))
    conflicts.refresh()
    assert queue() == [("majority", "atlas", "atlas", "gone")]


def test_a_decision_made_in_full_sight_need_not_be_looked_at_before_it_ends(decide, camille, today):
    decide(end=today + timedelta(days=90))
    row = Conflict.objects.get(agreement="1486")
    assert (row.state, row.until, row.settled_by, row.note) == (
        "kept",
        today + timedelta(days=90),
        camille,
        "arbitrage",
    )
    assert not row.waits(today)


def test_a_decision_without_end_is_looked_at_again_after_a_year(decide, today):
    decide()
    row = Conflict.objects.get(agreement="1486")
    assert not row.waits(today + timedelta(days=364))
    assert row.waits(today + timedelta(days=365))


def test_a_decision_made_by_hand_in_the_database_is_looked_at():
    Attachment.objects.create(
        agreement_id="1486",
        opco_id="akto",
        source="manual",
        validity=DateRange(date(2026, 1, 1), None),
        reason="x",
        source_url=SOURCE,
    )
    conflicts.refresh()
    assert queue() == [("manual", "akto", "atlas", "open")]


def test_one_pair_is_one_conflict_whoever_speaks_for_ours(conflict, decide):
    decide("akto")
    assert queue() == [("manual", "akto", "atlas", "kept")]
    with correcting(User.objects.get(), reason="fin"):
        attachments.finish(Attachment.objects.get(source="manual"), timezone.localdate())
    assert queue() == [("approval", "akto", "atlas", "open")]  # what kept our answer is no more


# ----------------------------------------------------------------------------------------------------- they are settled
def test_accepting_the_table_ends_the_decision_and_everybody_reads_it_at_once(decide, camille, today):
    decide()
    assert best() == "akto"
    conflicts.accept(Conflict.objects.get(agreement="1486"), camille, "L'avenant n'est pas étendu.")
    assert Attachment.objects.get(source="manual").validity == DateRange(date(2026, 1, 1), today)
    assert best() == "atlas"
    made = Correction.objects.first()
    assert (made.kind, made.reason) == ("conflict", "L’avenant n’est pas étendu.")
    assert queue() == [("manual", "akto", "atlas", "accepted")]


def test_accepting_the_table_takes_back_a_decision_to_come(decide, camille, today):
    decide(first=today + timedelta(days=10))
    conflicts.accept(Conflict.objects.get(agreement="1486"), camille, "erreur")
    assert not Attachment.objects.filter(source="manual").exists()


def test_accepting_the_table_against_an_order_leaves_the_order(conflict, camille):
    conflicts.accept(conflict, camille, "Arrêté dépassé.")
    assert Attachment.objects.filter(agreement="1486", source="approval", opco="akto").exists()
    assert (best(), queue()) == ("atlas", [("approval", "akto", "atlas", "accepted")])
    assert not Correction.objects.exists()  # nobody reads anything else than before
    conflicts.refresh()
    assert not Conflict.objects.get(agreement="1486").waits(timezone.localdate())


def test_keeping_ours_decides_for_that_time(conflict, camille, today):
    until = today + timedelta(days=100)
    conflicts.keep(conflict, camille, "En attente de l’avenant.", until, SOURCE)
    decision = Attachment.objects.get(source="manual")
    assert (decision.opco_id, decision.validity) == ("akto", DateRange(today, until))
    assert (decision.reason, decision.source_url, decision.author) == (
        "En attente de l’avenant.",
        SOURCE,
        camille,
    )
    assert (best(), queue()) == ("akto", [("manual", "akto", "atlas", "kept")])
    assert look_up("IDCC 1486", on=until).best.opco.slug == "atlas"
    assert Conflict.objects.get(agreement="1486").until == until


def test_keeping_a_decision_makes_no_other(decide, camille, today):
    decide()
    until = today + timedelta(days=30)
    conflicts.keep(Conflict.objects.get(agreement="1486"), camille, "toujours", until, SOURCE)
    assert Attachment.objects.filter(source="manual").count() == 1
    assert Conflict.objects.get(agreement="1486").until == until


def test_keeping_ours_over_another_decision_is_refused_and_settles_nothing(conflict, camille, today):
    Attachment.objects.create(
        agreement_id="1486",
        opco_id="afdas",
        source="manual",
        validity=DateRange(today, None),
        reason="x",
        source_url=SOURCE,
    )
    with pytest.raises(ValidationError):
        conflicts.keep(conflict, camille, "non", today + timedelta(days=30), SOURCE)
    assert queue() == [("approval", "akto", "atlas", "open")]


def test_putting_off_changes_nothing_for_the_public(conflict, camille, today):
    conflicts.postpone(conflict, camille, "Écrit à la branche.", today + timedelta(days=30))
    assert (best(), queue()) == ("atlas", [("approval", "akto", "atlas", "postponed")])
    assert not Correction.objects.exists()


@pytest.mark.parametrize("way", ["accept", "postpone"])
def test_its_history_says_who_settled_it(conflict, camille, today, way):
    about = {"until": today + timedelta(days=30)} if way == "postpone" else {}
    getattr(conflicts, way)(conflict, camille, "vu", **about)
    last = history_of(conflict)[0]
    assert origin_of(last, origins_of([last])).who == "camille"


# --------------------------------------------------------------------------------------------------------- they wait
@pytest.mark.parametrize(
    ("state", "until", "waits"),
    [
        ("open", None, True),
        ("postponed", 1, False),
        ("postponed", 0, True),
        ("postponed", -1, True),
        ("kept", 1, False),
        ("kept", 0, True),
        ("accepted", None, False),
        ("accepted", -1, False),
        ("gone", None, False),
        ("gone", -1, False),
    ],
)
def test_who_asks_the_row_and_who_asks_the_database_hear_the_same(conflict, today, state, until, waits):
    conflict.state = state
    conflict.until = None if until is None else today + timedelta(days=until)
    conflict.save()
    assert conflict.waits(today) == waits
    assert Conflict.objects.to_settle(today).filter(pk=conflict.pk).exists() == waits


@pytest.mark.parametrize("way", ["keep", "postpone"])
def test_on_the_day_that_was_said_it_waits_again(conflict, camille, today, way):
    until = today + timedelta(days=30)
    more = (SOURCE,) if way == "keep" else ()
    getattr(conflicts, way)(conflict, camille, "note", until, *more)
    conflicts.refresh()
    row = Conflict.objects.get(agreement="1486")
    assert [row.waits(day) for day in (today, until - timedelta(days=1), until)] == [False, False, True]


# ---------------------------------------------------------------------------------------------------- they come back
def test_found_again_it_keeps_what_staff_said(conflict, camille, today):
    conflicts.postpone(conflict, camille, "Écrit à la branche.", today + timedelta(days=30))
    Source.objects.filter(pk="siro").update(vintage="juillet 2026")
    Attachment.objects.filter(agreement="1486", source="siro", opco="atlas").update(establishments=300_000)
    conflicts.refresh()
    conflict.refresh_from_db()
    assert (conflict.vintage, conflict.establishments) == ("juillet 2026", 300_002)
    assert (conflict.state, conflict.note, conflict.settled_by) == (
        "postponed",
        "Écrit à la branche.",
        camille,
    )


def test_what_nothing_contradicts_any_longer_leaves_the_queue_and_may_come_back(conflict):
    order("atlas")
    conflicts.refresh()
    assert queue() == [("approval", "akto", "atlas", "gone")]
    order("akto")
    conflicts.refresh()
    assert queue() == [("approval", "akto", "atlas", "open")]


def test_another_opco_in_the_table_is_another_conflict(conflict):
    Attachment.objects.filter(agreement="1486", source="siro", opco="opco2i").update(establishments=900_000)
    conflicts.refresh()
    assert queue() == [("approval", "akto", "atlas", "gone"), ("approval", "akto", "opco2i", "open")]


def test_what_was_accepted_waits_again_once_it_is_decided_otherwise(decide, camille):
    decide()
    conflicts.accept(Conflict.objects.get(agreement="1486"), camille, "la table a raison")
    Attachment.objects.create(
        agreement_id="1486",
        opco_id="akto",
        source="manual",
        validity=DateRange(timezone.localdate(), None),
        reason="x",
        source_url=SOURCE,
    )
    conflicts.refresh()
    assert queue() == [("manual", "akto", "atlas", "open")]


@pytest.mark.parametrize("over", ["accepted", "gone"])
def test_what_is_decided_anew_in_full_sight_does_not_wait(decide, camille, today, over):
    decide()
    conflict = Conflict.objects.get(agreement="1486")
    if over == "accepted":
        conflicts.accept(conflict, camille, "la table a raison")
    else:
        with correcting(camille, reason="fin"):
            attachments.finish(Attachment.objects.get(source="manual"), today)
    assert queue() == [("manual", "akto", "atlas", over)]
    decide(first=today)
    assert queue() == [("manual", "akto", "atlas", "kept")]


# ------------------------------------------------------------------------------------------ what is kept, how long
def test_keeping_an_order_again_prolongs_its_decision(conflict, camille, today):
    row = conflict
    conflicts.keep(row, camille, "attente", today + timedelta(days=30), "https://example.org/")
    conflicts.keep(row, camille, "encore", today + timedelta(days=60), "https://example.org/")
    decision = Attachment.objects.get(source="manual")
    assert decision.validity == DateRange(today, today + timedelta(days=60))
    assert best() == decision.opco_id


def test_undoing_what_kept_our_answer_brings_the_conflict_back(conflict, camille, today):
    row = conflict
    conflicts.keep(row, camille, "attente", today + timedelta(days=30), "https://example.org/")
    revert(Correction.objects.first(), camille, "erreur")
    row.refresh_from_db()
    assert (row.kind, row.state, row.until, row.note) == ("approval", "open", None, "")


def test_a_correction_says_nothing_of_other_contradictions(camille):
    """A decision that somebody made in the database is not settled by an edit of another agreement."""
    attachments.save(
        attachments.made("1486", "akto", date(2026, 1, 1), None, "à la main", "https://example.org/", camille)
    )
    with correcting(camille, reason="titre"):
        Agreement.objects.filter(pk="2098").update(title="Titre", origin="manual")
        attachments.decide("2098", "akto", date(2026, 1, 1), None, "x", "https://example.org/", camille)
    assert queue() == [("manual", "akto", "atlas", "open")]


def test_what_was_accepted_and_went_away_waits_when_it_comes_back(conflict, camille):
    row = conflict
    conflicts.accept(row, camille, "la table a raison")
    order = Attachment.objects.filter(agreement="1486", source="approval")
    said = list(order)
    order.delete()
    conflicts.refresh()
    Attachment.objects.bulk_create(said)
    conflicts.refresh()
    row.refresh_from_db()
    assert row.state == "open"


def test_on_the_day_that_an_answer_was_kept_until_the_conflict_is_back(conflict, camille, today):
    conflicts.keep(conflict, camille, "attente", today + timedelta(days=30), "https://example.org/")
    Attachment.objects.filter(source="manual").update(validity=DateRange(today - timedelta(days=30), today))
    follow_dates()
    conflict.refresh_from_db()
    assert (conflict.kind, conflict.state) == ("approval", "open")
    assert best() == "atlas"
    (latest, *_) = history_of(conflict)
    assert origin_of(latest, origins_of([latest])).who == "calendrier"
