"""The whole story: June is published and served, then July with 500 known changes; a bad August is refused, July is
rolled back, and what was withdrawn does not come back by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from branches.evidence import look_up
from branches.models import Attachment, EstablishmentChange, Opco
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.sync.engine import Order, prepare, roll_back
from opco_portal.sync.models import DataVersion, Source, SyncRun
from tests.benchmarks import siro as synthetic


@pytest.fixture
def go_back(siro) -> Callable[..., SyncRun]:
    def run(target: SyncRun | None = None) -> SyncRun:
        return roll_back(siro, prepare(siro, Order(), SyncRun.Kind.ROLLBACK), target)

    return run


def table() -> str:
    """A fingerprint of every establishment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(row::text, '' ORDER BY siret)) FROM branches_establishment AS row"
        )
        return str(cursor.fetchone()[0])


def attachments() -> list[tuple[object, ...]]:
    siro = Attachment.objects.filter(source="siro")
    return sorted(siro.values_list("agreement", "opco", "establishments", "share", "vintage"))


def listed(run: SyncRun) -> set[tuple[object, ...]]:
    """What the run's changes say, in the words of the published files."""
    labels: dict[str | None, str] = dict(Opco.objects.values_list("slug", "siro_label"))
    return {
        (
            f"{change.siret:014d}",
            None if change.kind == "appeared" else (change.old_idcc or "", labels.get(change.old_owner, "")),
            None if change.kind == "vanished" else (change.idcc or "", labels.get(change.owner, "")),
        )
        for change in EstablishmentChange.objects.filter(run=run)
    }


def known(changes: list[synthetic.Change]) -> set[tuple[object, ...]]:
    return {
        (c.siret, c.before and (c.before.idcc, c.before.owner), c.after and (c.after.idcc, c.after.owner))
        for c in changes
    }


def test_the_whole_story(sync, publisher, go_back, june, tmp_path):
    previous, following = tmp_path / "siro-202606.csv", tmp_path / "siro-202607.csv"
    previous.write_bytes(june)
    changes = synthetic.write_next(previous, following, 500)
    moved = next(change for change in changes if change.before and change.after)
    gone = next(change for change in changes if not change.after)

    publisher.offer("202606", june)
    first = sync()
    assert (first.state, first.message) == ("published", "Publication de 4\u202f000 établissements.")
    june_table, june_attachments = table(), attachments()
    assert opco_of(moved.siret) == moved.before.owner
    assert look_up(gone.siret).status == "found"

    publisher.offer("202607", following.read_bytes())
    second = sync()
    assert second.state == "published", second.message
    assert listed(second) == known(changes)
    assert second.report["counts"] | {"rows": 4_000} == second.report["counts"]
    assert {name: count for name, count in second.report["counts"].items() if name.startswith("est")} == {
        "establishments_moved": 250,
        "establishments_appeared": 125,
        "establishments_vanished": 125,
        "establishments_detail": 0,
    }
    assert "250\u00a0établissements changent d’OPCO" in second.report["headline"][0]
    assert opco_of(moved.siret) == moved.after.owner
    assert look_up(gone.siret).status == "not_found"
    july_table, july_attachments = table(), attachments()

    publisher.offer("202608", following.read_bytes().replace(b"|ATLAS|", b"|OPCO DOUZE|"))
    third = sync()
    assert (third.state, "OPCO DOUZE" in third.message) == ("refused", True)
    assert (table(), attachments()) == (july_table, july_attachments)

    back = go_back()
    assert back.state == "published", back.message
    assert (table(), attachments()) == (june_table, june_attachments)
    assert opco_of(moved.siret) == moved.before.owner
    assert look_up(gone.siret).status == "found"
    assert listed(back) == {(siret, after, before) for siret, before, after in known(changes)}
    source = Source.objects.get(pk="siro")
    assert (source.vintage, source.run, source.loaded_rows) == ("juin 2026", first, 4_000)
    second.refresh_from_db()
    assert second.withdrawn_at

    publisher.resources.pop(0)  # August is withdrawn: July is again the newest that is offered
    again = sync()
    assert (again.state, "a été retiré par l’équipe" in again.message) == ("refused", True)
    assert sync(force=True).state == "published"
    assert (table(), attachments()) == (july_table, july_attachments)


def opco_of(siret: str) -> str:
    best = look_up(siret).best
    return Opco.objects.get(pk=best.opco.slug).siro_label if best else ""


def test_several_vintages_can_be_undone_at_once(portal_on_june, sync, go_back, july, tmp_path):
    first = SyncRun.objects.get(state="published")
    before = table(), attachments()
    portal_on_june.offer("202607", july)
    assert sync().state == "published"
    path = tmp_path / "siro-202608.csv"
    (tmp_path / "july.csv").write_bytes(july)
    synthetic.write_next(tmp_path / "july.csv", path, 300, vintage=2)
    portal_on_june.offer("202608", path.read_bytes())
    assert sync().state == "published"
    middle = SyncRun.objects.get(vintage="juillet 2026")
    after = table(), attachments()

    assert go_back(first).state == "published"
    assert (table(), attachments()) == before
    assert go_back(SyncRun.objects.get(vintage="août 2026")).state == "published"
    assert (table(), attachments()) == after
    assert not SyncRun.objects.filter(vintage="août 2026", withdrawn_at__isnull=False).exists()
    assert go_back().message.startswith("août 2026 retiré")
    assert Source.objects.get(pk="siro").run == middle


def test_rows_that_were_set_aside_still_count_as_published_after_going_back(
    sync, publisher, go_back, june, july
):
    publisher.offer("202606", june + b"1234567890123|1486|ATLAS|\n")
    assert sync().set_aside_count == 1
    publisher.offer("202607", july)
    assert sync().state == "published"
    assert go_back().state == "published"
    source = Source.objects.get(pk="siro")
    assert (source.loaded_rows, source.published_rows) == (4_000, 4_001)


def test_changes_are_kept_for_so_many_publications(portal_on_june, sync, go_back, june, july, monkeypatch):
    monkeypatch.setattr("branches.sources.siro.source.KEPT", 2)
    first = SyncRun.objects.get(state="published")
    for month, body in (("202607", july), ("202608", june), ("202609", july)):
        portal_on_june.offer(month, body)
        assert sync().state == "published"
    assert set(EstablishmentChange.objects.values_list("run__vintage", flat=True)) == {
        "août 2026",
        "septembre 2026",
    }
    run = go_back(first)
    assert (run.state, "trop ancien" in run.message) == ("refused", True)
    assert go_back(SyncRun.objects.get(vintage="juillet 2026")).state == "published"


def test_there_is_nothing_to_go_back_to_from_the_first_vintage(portal_on_june, go_back):
    run = go_back()
    assert (run.state, "pas de millésime précédent" in run.message) == ("refused", True)


def test_going_back_to_what_is_served_is_refused(portal_on_june, go_back):
    run = go_back(SyncRun.objects.get(state="published"))
    assert (run.state, "sert déjà juin 2026" in run.message) == ("refused", True)


def test_a_dry_run_tells_what_would_change_and_writes_nothing(portal_on_june, sync, july):
    portal_on_june.offer("202607", july)
    before, version = (table(), attachments()), DataVersion.objects.get().number
    run = sync(dry_run=True)
    assert (run.state, run.report["counts"]["establishments_moved"]) == ("tried", 250)
    assert not EstablishmentChange.objects.exists()
    assert (table(), attachments(), DataVersion.objects.get().number) == (*before, version)
    assert sync().state == "published"


def test_a_file_given_by_hand_is_read_like_any_other(sync, vintages: Path, tmp_path):
    run = sync(file=vintages / "siro-202606.csv")
    assert (run.state, run.vintage) == ("published", "juin 2026")
    misnamed = tmp_path / "table.csv"
    misnamed.write_bytes((vintages / "siro-202607.csv").read_bytes())
    run = sync(file=misnamed)
    assert (run.state, "siro-AAAAMM.csv" in run.message) == ("refused", True)
    run = sync(file=tmp_path / "siro-202609.csv")
    assert (run.state, "n’existe pas" in run.message) == ("failed", True)


def test_the_reference_files_do_not_undo_a_synchronised_table(portal_on_june):
    before = table(), attachments()
    assert not any(load(read_all()))
    assert (table(), attachments()) == before


def test_decisions_and_orders_that_the_table_contradicts_are_reported(portal_on_june, sync, july):
    Attachment.objects.create(
        agreement_id="1486",
        opco_id="akto",
        source="manual",
        validity=("2026-01-01", None),
        reason="arbitrage",
        source_url="https://www.legifrance.gouv.fr/",
    )
    portal_on_june.offer("202607", july)
    run = sync()
    rows = next(table["rows"] for table in run.report["tables"] if table["code"] == "disagreements")
    assert ["1486", "atlas", "décision du portail", "akto"] in [[row[0], row[2], *row[4:6]] for row in rows]
    assert Attachment.objects.filter(agreement="1486", source="manual").exists()
