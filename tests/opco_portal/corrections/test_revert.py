"""The way back from a correction, whole or for one object; what was decided since is never overwritten."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange

from branches.evidence import look_up
from branches.models import Agreement, AgreementName, Attachment
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.models import Correction
from opco_portal.corrections.revert import Overtaken, key_of, revert, undoable
from opco_portal.sync.models import DataVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return User.objects.create_user("camille", is_staff=True)


@pytest.fixture
def corrected(camille):
    """Make a correction of some steps."""

    def run(*steps) -> Correction:
        with correcting(camille, reason="motif") as draft:
            for step in steps:
                step()
        assert draft.made
        return draft.made

    return run


def name(text="Cabinets", idcc="1486", **values) -> AgreementName:
    return AgreementName.objects.create(agreement_id=idcc, name=text, kind="name", **values)


def shorten(title="Conseil", idcc="1486") -> None:
    Agreement.objects.filter(pk=idcc).update(short_title=title)


def decide(opco="akto", first=date(2026, 1, 1), end=None, idcc="1486") -> Attachment:
    return Attachment.objects.create(
        agreement_id=idcc,
        opco_id=opco,
        source="manual",
        validity=DateRange(first, end),
        reason="arbitrage",
        source_url="https://example.org/",
    )


def rows(model) -> list[tuple]:
    return sorted(model.objects.values_list())


def make():
    name("Conseils")


def modify():
    AgreementName.objects.filter(name="Cabinets").update(kind="trade", retired=True)


def delete():
    AgreementName.objects.filter(name="Cabinets").delete()


@pytest.mark.parametrize("step", [make, modify, delete])
def test_what_was_done_is_undone_to_the_letter(camille, corrected, step):
    name()
    before, version = rows(AgreementName), DataVersion.objects.get().number
    done = corrected(step)
    assert rows(AgreementName) != before
    back = revert(done, camille, "erreur de ligne")
    assert rows(AgreementName) == before
    assert (back.kind, back.reverts, back.reason, back.size) == ("revert", done, "erreur de ligne", 1)
    assert DataVersion.objects.get().number == version + 2


def test_a_correction_is_undone_whole(camille, corrected):
    name()
    before = rows(AgreementName), rows(Agreement)
    done = corrected(make, modify, shorten)
    revert(done, camille, "erreur")
    assert (rows(AgreementName), rows(Agreement)) == before


def test_one_object_of_a_correction_is_undone_alone(camille, corrected):
    title = Agreement.objects.get(pk="1979").short_title
    done = corrected(lambda: shorten("Conseil", "1486"), lambda: shorten("Hôtels", "1979"))
    (hotels,) = [change for change in undoable(done)[0] if change.pk == "1979"]
    back = revert(done, camille, "celle-ci seulement", only=key_of(hotels))
    assert (back.size, back.reverts) == (1, done)
    assert Agreement.objects.get(pk="1979").short_title == title
    assert Agreement.objects.get(pk="1486").short_title == "Conseil"


def test_the_public_reads_the_former_answer_again(camille, corrected):
    before = look_up("IDCC 1486")
    done = corrected(decide)
    assert look_up("IDCC 1486").best.opco.slug == "akto"
    revert(done, camille, "erreur")
    assert look_up("IDCC 1486") == before


def test_what_was_changed_since_is_not_undone_nor_anything_with_it(camille, corrected):
    done = corrected(lambda: shorten("Conseil", "1486"), lambda: shorten("Hôtels", "1979"))
    corrected(lambda: shorten("Conseil et études", "1486"))
    with pytest.raises(Overtaken) as error:
        revert(done, camille, "erreur")
    assert [change.pk for change in error.value.changes] == ["1486"]
    assert Agreement.objects.get(pk="1979").short_title == "Hôtels"
    assert Correction.objects.count() == 2


def test_what_is_gone_since_cannot_be_undone(camille, corrected):
    done = corrected(make)
    corrected(lambda: AgreementName.objects.filter(name="Conseils").delete())
    with pytest.raises(Overtaken):
        revert(done, camille, "erreur")


def test_what_was_changed_since_and_back_can_be_undone(camille, corrected):
    title = Agreement.objects.get(pk="1486").short_title
    done = corrected(shorten)
    corrected(lambda: shorten("Autre"))
    corrected(shorten)
    assert revert(done, camille, "erreur")
    assert Agreement.objects.get(pk="1486").short_title == title


def test_a_period_does_not_come_back_over_another_decision(camille, corrected):
    row = decide("akto")
    ended = corrected(
        lambda: Attachment.objects.filter(pk=row.pk).update(validity=("2026-01-01", "2026-06-01"))
    )
    corrected(lambda: decide("atlas", date(2026, 6, 1)))
    with pytest.raises(ValidationError, match="Une autre décision couvre déjà"):
        revert(ended, camille, "erreur")
    row.refresh_from_db()
    assert row.validity.upper == date(2026, 6, 1)


def test_a_name_does_not_come_back_beside_the_same_one(camille, corrected):
    name()
    gone = corrected(delete)
    corrected(lambda: name("CABINETS"))
    with pytest.raises(ValidationError):
        revert(gone, camille, "erreur")
    assert AgreementName.objects.filter(name="Cabinets").count() == 0


def test_what_refers_to_something_gone_does_not_come_back(camille, corrected):
    Agreement.objects.create(pk="9001", status="active")
    row = name(idcc="9001")
    moved = corrected(lambda: AgreementName.objects.filter(pk=row.pk).update(agreement="1486"))
    Agreement.objects.get(pk="9001").delete()
    with pytest.raises(ValidationError, match="contredit ce qui a été saisi depuis"):
        revert(moved, camille, "erreur")
    row.refresh_from_db()
    assert row.agreement_id == "1486"


def succeed(idcc, successor) -> None:
    Agreement.objects.filter(pk=idcc).update(successor=successor)


def test_replacements_do_not_come_back_in_circles(camille, corrected):
    corrected(lambda: succeed("1486", "2098"))
    taken_away = corrected(lambda: succeed("1486", None))
    corrected(lambda: succeed("2098", "1486"))
    with pytest.raises(ValidationError, match=r"IDCC 1486.*tourneraient en rond"):
        revert(taken_away, camille, "erreur")
    assert Agreement.objects.get(pk="1486").successor is None


def test_two_decisions_that_changed_places_change_back(camille, corrected):
    """Their periods touch: whichever is put back first would cover the other as it still is."""
    first, second = decide("akto", end=date(2026, 6, 1)), decide("atlas", date(2026, 6, 1))

    def move_the_day():
        Attachment.objects.filter(pk=first.pk).update(validity=("2026-01-01", "2026-03-01"))
        Attachment.objects.filter(pk=second.pk).update(validity=("2026-03-01", None))

    before = rows(Attachment)
    done = corrected(move_the_day)
    back = revert(done, camille, "erreur")
    assert rows(Attachment) == before
    revert(back, camille, "c’était juste")
    second.refresh_from_db()
    assert second.validity.lower == date(2026, 3, 1)


def test_a_way_back_can_be_taken_back(camille, corrected):
    done = corrected(shorten)
    back = revert(done, camille, "erreur")
    again = revert(back, camille, "c’était juste")
    assert again.reverts == back
    assert Agreement.objects.get(pk="1486").short_title == "Conseil"


def test_undoing_twice_is_refused(camille, corrected):
    done = corrected(shorten)
    revert(done, camille, "erreur")
    with pytest.raises(Overtaken):
        revert(done, camille, "erreur")
    assert Correction.objects.count() == 2
