"""Publications made up for the pages that tell them: runs with their report and the establishments they changed."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from branches.models import AgreementName, EstablishmentChange
from branches.sources.siro.changes import Claims, Moves, report
from opco_portal.corrections.edition import correcting
from opco_portal.sync.models import Source, SyncRun

Kind = EstablishmentChange.Kind
TITLES = {"1486": "Bureaux d’études techniques", "8822": "Coopératives"}
BEFORE = {("1486", "atlas"): 950, ("1486", "akto"): 50, ("8822", "akto"): 7, ("0843", "opco-ep"): 12}
AFTER = {("1486", "atlas"): 850, ("1486", "akto"): 150, ("8822", "akto"): 7, ("1979", "akto"): 3}
MOVES = Moves(appeared=1, vanished=1, detail=1, moved={("atlas", "akto"): 100, (None, "atlas"): 1})
CHANGES = [
    (50103081100092, Kind.MOVED, ("1486", "atlas", None), ("1486", "akto", None)),
    (44967140300011, Kind.DETAIL, ("1486", "opco2i", None), ("1486", "opco2i", "akto")),
    (19941033300017, Kind.MOVED, (None, None, None), ("1486", "atlas", None)),
    (5010308110092, Kind.APPEARED, (None, None, None), ("1979", "akto", None)),
    (77568873200010, Kind.VANISHED, ("0843", "opco-ep", None), (None, None, None)),
]
ASIDE = [{"text": "12345|1486|ATLAS|", "why": "SIRET de 5 chiffres au lieu de 14", "line": 51}]


def run(state: str = "published", code: str = "siro", *, days: int = 0, **values: Any) -> SyncRun:
    """A run that ended so many days ago."""
    ended = timezone.now() - timedelta(days=days)
    defaults = {"trigger": "schedule", "vintage": "juillet 2026", "started_at": ended, "finished_at": ended}
    return SyncRun.objects.create(source_id=code, state=state, **{**defaults, **values})


def publish(**values: Any) -> SyncRun:
    """A vintage that changed attachments and establishments."""
    told = report(BEFORE, AFTER, MOVES, Claims(manual={"1979": frozenset({"opco-ep"})}), TITLES, 1010)
    made = run(
        report=told.as_json(),
        set_aside=ASIDE,
        rows=1010,
        size=109_242_949,
        checksum="ab12" * 16,
        url="https://static.data.gouv.fr/resources/siro-202607.csv",
        **values,
    )
    EstablishmentChange.objects.bulk_create(
        EstablishmentChange(run=made, siret=siret, kind=kind, **_sides(old, new))
        for siret, kind, old, new in CHANGES
    )
    return made


def _sides(old: tuple[str | None, ...], new: tuple[str | None, ...]) -> dict[str, str | None]:
    names = ("idcc", "owner", "manager")
    return {f"old_{name}": value for name, value in zip(names, old, strict=True)} | dict(
        zip(names, new, strict=True)
    )


def serve(published: SyncRun, **values: Any) -> None:
    """Say that the portal serves a publication."""
    Source.objects.filter(pk=published.source_id).update(run=published, **values)


def publish_two() -> None:
    """What the browser looks at: a vintage that was withdrawn, and one with everything there is to see."""
    first = publish(vintage="juin 2026", days=40, withdrawn_at=timezone.now())
    second = publish(replaces=first, days=3)
    rows = [["1486", TITLES["1486"], "atlas", number, number + 5] for number in range(60)]
    assert second.report
    changed = next(table for table in second.report["tables"] if table["code"] == "attachments_changed")
    changed["rows"] = rows
    second.save()
    run("refused", step="check")
    Source.objects.get_or_create(
        code="activities", defaults={"name": "Conventions par activité", "url": "https://dares.example/"}
    )
    correct_twice()


def correct_twice() -> None:
    """Two corrections of one object, of which the first can no longer be undone."""
    author = User.objects.create_user("camille", is_staff=True)
    with correcting(author, reason="Relevé dans un accord de branche.") as draft:
        draft.source_url = "https://textes.example/accord"
        row = AgreementName.objects.create(agreement_id="2216", name="bidulologie", kind="name")
    with correcting(author, reason="C’est un métier plutôt qu’un nom."):
        row.kind = AgreementName.Kind.TRADE
        row.save()


def forget_published_rows() -> None:
    """The small tables of the tests are whole: nothing is to say that millions of rows were published."""
    Source.objects.filter(pk="siro").update(published_rows=None)
