"""A correction: one transaction, one reason, one entry, seen by everybody at once."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from branches.evidence import look_up, reference
from branches.models import Agreement, AgreementName
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import changes_of, history_of
from opco_portal.corrections.models import Correction
from opco_portal.corrections.origins import origin_of, origins_of
from opco_portal.sync.models import DataVersion

pytestmark = pytest.mark.django_db
Kind = Correction.Kind


@pytest.fixture
def camille() -> User:
    return User.objects.create_user("camille", is_staff=True)


def number() -> int:
    return DataVersion.objects.get().number


def shorten(idcc: str = "1486", title: str = "Conseil") -> None:
    Agreement.objects.filter(pk=idcc).update(short_title=title)


def test_a_correction_keeps_who_did_what_and_why(camille):
    reason, source = "  Titre d'usage : « Conseil ».\n", "https://example.org/"
    with correcting(camille, reason=reason, source_url=source) as draft:
        shorten()
    made = Correction.objects.get()
    assert made == draft.made
    assert (made.author, made.kind, made.size) == (camille, Kind.EDIT, 1)
    assert made.reason == "Titre d’usage\u00a0: «\u00a0Conseil\u00a0»."
    assert made.source_url == source
    assert made.title == "IDCC 1486\u00a0: correction de «\u00a0titre court\u00a0»"
    assert [change.pk for change in changes_of(made.context)] == ["1486"]


def test_everybody_reads_it_at_the_next_request(camille):
    assert reference().agreements["1486"].title != "Conseil"
    with correcting(camille, reason="motif"):
        shorten()
    assert reference().agreements["1486"].title == "Conseil"


def test_the_data_version_grows_once_whatever_the_number_of_changes(camille):
    before = number()
    with correcting(camille, reason="motif"):
        for idcc in ("1486", "1979", "0843"):
            shorten(idcc)
    assert number() == before + 1


@pytest.mark.parametrize("steps", [[], [lambda: shorten(title="x"), lambda: shorten(title="y")]])
def test_a_correction_that_changes_nothing_is_none(camille, steps):
    shorten(title="y")
    before = number()
    with correcting(camille, reason="motif") as draft:
        for step in steps:
            step()
    assert (draft.made, Correction.objects.count(), number()) == (None, 0, before)


def interrupted(author) -> None:
    with correcting(author, reason="motif"):
        shorten()
        raise RuntimeError


def test_an_error_leaves_nothing_of_it(camille):
    before, version = Agreement.objects.get(pk="1486").short_title, number()
    with pytest.raises(RuntimeError):
        interrupted(camille)
    assert Agreement.objects.get(pk="1486").short_title == before
    assert (Correction.objects.count(), number()) == (0, version)


def test_names_are_found_and_lost_by_the_search_in_the_same_move(camille):
    with correcting(camille, reason="motif"):
        AgreementName.objects.create(agreement_id="1486", name="Zygomatique", kind="name")
    assert look_up("zygomatique").best.idcc == "1486"
    with correcting(camille, reason="motif"):
        AgreementName.objects.filter(name="Zygomatique").update(retired=True)
    assert look_up("zygomatique").best is None


def test_a_few_changes_are_told_one_by_one_and_many_are_counted(camille):
    with correcting(camille, reason="motif") as few:
        for each in range(5):
            AgreementName.objects.create(agreement_id="1486", name=f"Nom {each}", kind="name")
    assert len(few.made.headline) == 5
    with correcting(camille, reason="motif") as many:
        AgreementName.objects.filter(name="Nom 0").update(retired=True)
        for each in range(5, 15):
            AgreementName.objects.create(agreement_id="1979", name=f"Nom {each}", kind="name")
        shorten()
    assert many.made.size == 12
    assert sorted(many.made.headline) == [
        "Conventions collectives\u00a0: 1\u00a0modification",
        "Noms usuels\u00a0: 1\u00a0modification et 10\u00a0ajouts",
    ]


def test_two_corrections_in_one_transaction_stay_two(camille):
    dominique = User.objects.create_user("dominique")
    with transaction.atomic():
        with correcting(camille, reason="premier"):
            shorten("1486")
        with correcting(dominique, reason="second"):
            shorten("1979")
        shorten("0843")
    second, first = Correction.objects.all()
    assert (first.title[:9], second.title[:9]) == ("IDCC 1486", "IDCC 1979")
    (last,) = history_of(Agreement.objects.get(pk="0843"))[:1]
    assert origin_of(last, origins_of([last])).who == "base de données"
