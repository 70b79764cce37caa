"""What the database writes down of every change of the reference, by whichever way it comes."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from branches.models import Agreement, AgreementName, Attachment, Branch
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import because, changes_of, events_of, history_of, net, version_of
from opco_portal.corrections.models import Correction
from opco_portal.corrections.origins import FIRST, origin_of, origins_of
from opco_portal.corrections.words import Names, differences
from opco_portal.sync.models import SyncRun
from opco_portal.tables import bring_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return User.objects.create_user("camille", is_staff=True)


def name(text="Cabinets", **values) -> AgreementName:
    return AgreementName.objects.create(agreement_id="1486", name=text, kind="name", **values)


def sql(statement: str, *values: str | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def natures(row) -> list[str]:
    """What was done to an object, from the first change on."""
    return [change.nature for change in history_of(row)[::-1]]


def who(row) -> str:
    """Who made the last change of an object."""
    change = history_of(row)[0]
    return origin_of(change, origins_of([change])).who


# ------------------------------------------------------------------------------------------- what is written down
def test_an_object_is_followed_from_its_making_to_its_end():
    row = name()
    row.name = "Cabinets d’études"
    row.save()
    pk = row.pk
    row.delete()
    row.pk = pk
    assert natures(row) == ["ajout", "modification", "retrait"]
    made, renamed, gone = history_of(row)[::-1]
    assert (made.before, made.after["name"]) == (None, "Cabinets")
    assert (renamed.changed, renamed.before["name"]) == (["name"], "Cabinets")
    assert (gone.before["name"], gone.after) == ("Cabinets d’études", None)


def whole_table():
    AgreementName.objects.filter(name="Cabinets").update(retired=True)


def by_sql():
    sql("UPDATE branches_agreementname SET retired = true WHERE name = %s", "Cabinets")


def upsert():
    wanted = [AgreementName(agreement_id="1486", name="Cabinets", kind="name", retired=True)]
    bring_to(AgreementName.objects.filter(name="Cabinets"), ("agreement_id", "name"), wanted)


@pytest.mark.parametrize("change", [whole_table, by_sql, upsert])
def test_changes_that_no_save_makes_are_written_down_too(change):
    row = name()
    change()
    assert natures(row) == ["ajout", "modification"]
    assert history_of(row)[0].changed == ["retired"]


def test_an_upsert_tells_what_is_new_from_what_changes():
    old = name("Cabinets")
    wanted = [
        AgreementName(agreement_id="1486", name=text, kind="trade") for text in ("Cabinets", "Conseils")
    ]
    bring_to(AgreementName.objects.filter(agreement="1486", kind="name"), ("agreement_id", "name"), wanted)
    assert natures(old) == ["ajout", "modification"]
    assert natures(AgreementName.objects.get(name="Conseils")) == ["ajout"]


def test_a_deletion_in_sql_leaves_what_was_there():
    row = name()
    sql("DELETE FROM branches_agreementname WHERE id = %s", row.pk)
    assert history_of(row)[0].before["name"] == "Cabinets"


def test_saving_without_changing_anything_is_no_version():
    row = name()
    version = version_of(row)
    row.save()
    AgreementName.objects.filter(pk=row.pk).update(name="Cabinets")
    assert version_of(row) == version


def interrupted(work) -> None:
    with work:
        AgreementName.objects.filter(name="Cabinets").update(retired=True)
        raise RuntimeError


def test_what_is_rolled_back_is_not_written_down():
    row = name()
    version = version_of(row)
    with pytest.raises(RuntimeError):
        interrupted(transaction.atomic())
    assert version_of(row) == version


@pytest.mark.parametrize(
    "statement",
    ["UPDATE branches_agreementnameevent SET name = 'autre'", "DELETE FROM branches_agreementnameevent"],
)
def test_what_was_written_down_can_be_neither_rewritten_nor_deleted(statement):
    row = name()
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(statement)
    assert history_of(row)[0].after["name"] == "Cabinets"


@pytest.mark.parametrize("model", [Agreement, AgreementName, Attachment, Branch])
def test_everything_has_its_first_version(model):
    told = events_of(model).values("pgh_obj_id")
    assert not model.objects.exclude(pk__in=told).exists()


# ----------------------------------------------------------------------------------------------------- who, and why
def test_a_correction_is_its_authors(camille):
    with correcting(camille, reason="Un nom d'usage") as draft:
        row = name()
    origin = origins_of(history_of(row))[draft.context]
    assert (origin.who, origin.why, origin.correction) == ("camille", "Un nom d’usage", draft.made)


def test_a_synchronisation_is_its_run():
    run = SyncRun.objects.create(
        source_id="siro", trigger="schedule", state="running", vintage="juillet 2026"
    )
    with because(run=run.pk):
        row = name()
    (change,) = history_of(row)
    origin = origin_of(change, origins_of([change]))
    assert (origin.who, origin.run) == ("synchronisation", run)
    assert "juillet 2026" in origin.why


def test_what_the_files_of_the_portal_say_is_the_references():
    assert who(Branch.objects.first()) == "référentiel"
    AgreementName.objects.filter(origin="reference").first().delete()
    load(read_all())
    assert who(AgreementName.objects.latest("pk")) == "référentiel"


def test_what_was_there_before_any_history_is_the_references():
    import_module("branches.migrations.0005_first_events").write_first_events(apps, None)
    last = history_of(Branch.objects.first())[0]
    assert origin_of(last, origins_of([last])) == FIRST


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE branches_agreementname SET retired = true WHERE name = 'Cabinets'",
        "INSERT INTO branches_agreementname (agreement_id, name, kind, origin, retired) "
        "VALUES ('1486', 'Conseils', 'name', 'manual', false)",
    ],
)
def test_what_is_done_by_hand_in_the_database_is_called_so(statement):
    name()
    sql(statement)
    last = AgreementName.objects.get(pk=events_of(AgreementName).latest("pgh_id").pgh_obj_id)
    assert who(last) == "base de données"


def test_what_follows_a_correction_is_not_taken_for_it(camille):
    with correcting(camille, reason="motif"):
        row = name()
    AgreementName.objects.filter(pk=row.pk).update(retired=True)
    assert who(row) == "base de données"


def test_a_correction_that_fails_leaves_its_name_to_nobody(camille):
    name()
    with pytest.raises(RuntimeError):
        interrupted(correcting(camille, reason="motif"))
    assert who(name("Conseils")) == "base de données"


def test_two_corrections_of_one_object_are_told_apart(camille):
    dominique = User.objects.create_user("dominique")
    with correcting(camille, reason="premier"):
        row = name()
    with correcting(dominique, reason="second"):
        AgreementName.objects.filter(pk=row.pk).update(retired=True)
    history = history_of(row)
    origins = origins_of(history)
    assert [origin_of(change, origins).who for change in history] == ["dominique", "camille"]


def test_origins_are_read_together(camille, django_assert_max_num_queries):
    for number in range(10):
        with correcting(camille, reason="motif"):
            name(f"Cabinet {number}")
    history = [each for row in AgreementName.objects.filter(agreement="1486") for each in history_of(row)]
    with django_assert_max_num_queries(4):
        assert {"camille", "référentiel"} <= {origin.who for origin in origins_of(history).values()}


# -------------------------------------------------------------------------------------------------- what it amounts to
def changes_within(camille, *steps):
    with correcting(camille, reason="motif") as draft:
        for step in steps:
            step()
        return net(changes_of(draft.context))


def test_several_changes_of_one_object_are_told_as_one(camille):
    row = name()
    (change,) = changes_within(
        camille,
        lambda: AgreementName.objects.filter(pk=row.pk).update(name="Conseils"),
        lambda: AgreementName.objects.filter(pk=row.pk).update(name="Experts"),
    )
    assert (change.before["name"], change.after["name"]) == ("Cabinets", "Experts")


def test_what_is_made_and_deleted_at_once_is_nothing(camille):
    assert changes_within(camille, name, lambda: AgreementName.objects.get(name="Cabinets").delete()) == []


def test_there_and_back_is_nothing(camille):
    row = name()
    assert (
        changes_within(
            camille,
            lambda: AgreementName.objects.filter(pk=row.pk).update(retired=True),
            lambda: AgreementName.objects.filter(pk=row.pk).update(retired=False),
        )
        == []
    )
    assert not Correction.objects.exists()


def test_what_is_made_and_then_changed_is_made_so(camille):
    (change,) = changes_within(
        camille, name, lambda: AgreementName.objects.filter(name="Cabinets").update(name="Conseils")
    )
    assert (change.before, change.after["name"]) == (None, "Conseils")


# ------------------------------------------------------------------------------------------------------------ in words
@pytest.mark.parametrize(
    ("change", "label", "before", "after"),
    [
        ({"opco_id": "akto"}, "OPCO", "Atlas", "AKTO"),
        (
            {"validity": DateRange(date(2026, 1, 1), date(2027, 1, 1))},
            "Période",
            "depuis le 1er janvier 2026",
            "du 1er janvier 2026 au 31 décembre 2026",
        ),
        ({"to_confirm": True}, "À confirmer", "non", "oui"),
        ({"document_date": date(2026, 3, 3)}, "Date du document", "–", "3 mars 2026"),
        ({"reason": "Avenant n° 2"}, "Motif", "arbitrage", "Avenant n° 2"),
    ],
)
def test_a_change_is_told_field_by_field_in_french(change, label, before, after):
    row = Attachment.objects.create(
        agreement_id="1486",
        opco_id="atlas",
        source="manual",
        validity=DateRange(date(2026, 1, 1), None),
        reason="arbitrage",
        source_url="https://example.org/",
    )
    Attachment.objects.filter(pk=row.pk).update(**change)
    last = history_of(row)[0]
    (told,) = differences(last, Names([last]))
    assert [side.replace("\u00a0", " ") for side in told] == [label, before, after]
