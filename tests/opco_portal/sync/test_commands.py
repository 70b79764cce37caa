"""manage.py sync, sync_status and sync_rollback: what they say, and the status that they end with."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from opco_portal.sync.journal import idle
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.source import source_named
from opco_portal.sync.terminal import Terminal
from opco_portal.sync.text import aligned, printable
from tests.benchmarks import siro as synthetic

own_database = pytest.mark.usefixtures("own_database")


@pytest.fixture(scope="module")
def june(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("siro") / "siro-202606.csv"
    synthetic.write(path, 4_000)
    return path


@pytest.fixture(scope="module")
def july(june: Path) -> Path:
    path = june.with_name("siro-202607.csv")
    synthetic.write_next(june, path, 500)
    return path


def said(*command, **options) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


class Screen(io.StringIO):
    def isatty(self):
        return True


# ------------------------------------------------------------------------------------------- manage.py sync
@own_database
def test_a_publication_is_told_with_its_headline(june):
    out = said("sync", "siro", file=june)
    assert "Publication de 4\u202f000 établissements." in out
    assert "remplacent l’échantillon de démonstration" in out
    assert Source.objects.get(pk="siro").vintage == "juin 2026"
    assert SyncRun.objects.get().trigger == SyncRun.Trigger.COMMAND


@own_database
def test_the_same_file_again_is_no_failure(june):
    said("sync", "siro", file=june)
    assert "celui que le portail sert déjà" in said("sync", "siro", file=june)


@own_database
def test_a_dry_run_shows_the_tables_and_changes_nothing(june, july):
    said("sync", "siro", file=june)
    out = said("sync", "siro", file=july, dry_run=True)
    assert "rien n’a été écrit" in out
    assert "Passages d’un OPCO à un autre" in out
    assert re.search(r"^ +Atlas +\S.* \d+$", out, re.MULTILINE)
    assert "atlas" not in out
    assert re.search(r"… et \d+\u00a0autres lignes \(tout voir : -v 2\)", out)
    assert Source.objects.get(pk="siro").vintage == "juin 2026"


@own_database
def test_with_more_words_every_row_is_shown(june, july):
    said("sync", "siro", file=june)
    out = said("sync", "siro", file=july, verbosity=2)
    assert "Passages d’un OPCO à un autre" in out
    assert "tout voir" not in out


@own_database
def test_a_refusal_is_an_error_and_the_rows_set_aside_have_their_reason(june, tmp_path):
    header, *lines = june.read_text().splitlines(keepends=True)
    bad = tmp_path / "siro-202607.csv"
    bad.write_text("".join([header, "12345|1486|ATLAS|\n", *lines[:300]]))
    out = io.StringIO()
    with pytest.raises(CommandError, match="plus de 1") as refusal:
        call_command("sync", "siro", file=bad, stdout=out)
    assert refusal.value.returncode == 1
    assert "--force" not in str(refusal.value)
    assert not SyncRun.objects.get().forcible
    assert re.search(r"Lignes écartées\n.*Raison\n +2  12345", out.getvalue())


@own_database
def test_forcing_publishes_an_older_file(june, july):
    said("sync", "siro", file=july)
    with pytest.raises(CommandError, match=r"plus ancien(.|\n)*\nPour forcer\u00a0: ajoutez --force\.$"):
        said("sync", "siro", file=june)
    assert SyncRun.objects.latest("pk").forcible
    assert "Publication de" in said("sync", "siro", file=june, force=True)


@own_database
def test_a_run_that_meets_another_one_is_an_error(june):
    with idle("siro"), pytest.raises(CommandError, match="est en cours"):
        said("sync", "siro", file=june)


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["sync", "sync_rollback"])
@pytest.mark.parametrize(("given", "told"), [(["nawak"], "«\u00a0nawak\u00a0»"), ([], "Indiquez la source")])
def test_without_a_known_source_the_commands_list_them(command, given, told):
    with pytest.raises(CommandError) as answer:
        said(command, *given)
    assert told in str(answer.value)
    assert re.search(r"\n  siro +Table SIRET-OPCO$", str(answer.value))


@pytest.mark.django_db
def test_without_the_reference_the_command_says_what_to_load():
    Source.objects.filter(pk="siro").delete()
    with pytest.raises(CommandError, match="load_reference"):
        said("sync", "siro")


@own_database
def test_ctrl_c_says_that_nothing_changed(june, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(source_named("siro")), "stage", interrupt)
    with pytest.raises(CommandError, match="Rien n’a changé") as interruption:
        said("sync", "siro", file=june)
    assert interruption.value.returncode == 130
    assert SyncRun.objects.get().state == SyncRun.State.CANCELLED


@own_database
def test_steps_are_shown_in_a_terminal_only(june, july, monkeypatch):
    assert "Lecture" not in said("sync", "siro", file=june)
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    call_command("sync", "siro", file=july)
    assert re.search(r"Lecture  \[#+\]  100%", screen.getvalue())
    assert "Comparaison…\n" in screen.getvalue()


def test_the_terminal_gets_its_cursor_back_whatever_happens():
    screen = Screen()

    def fail():
        with Terminal(screen) as terminal:
            terminal.step(SyncRun.Step.FETCH)
            terminal.progress(50, 100)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "50%" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[?25h\n")


def test_the_bar_follows_a_download_that_begins_again():
    screen = Screen()
    with Terminal(screen) as terminal:
        terminal.step(SyncRun.Step.FETCH)
        for done, total in [(80, 100), (10, 200), (20, 200), (200, 200)]:
            terminal.progress(done, total)
    assert re.findall(r"(\d+)%", screen.getvalue())[-2:] == ["10", "100"]


# ---------------------------------------------------------------------------------- manage.py sync_rollback
@own_database
def test_going_back_serves_the_vintage_before(june, july):
    said("sync", "siro", file=june)
    said("sync", "siro", file=july)
    assert "le portail sert de nouveau juin 2026" in said("sync_rollback", "siro", yes=True)
    assert Source.objects.get(pk="siro").vintage == "juin 2026"
    with pytest.raises(CommandError, match="pas de millésime précédent"):
        said("sync_rollback", "siro")


@own_database
def test_going_back_is_confirmed_first(june, july, monkeypatch):
    said("sync", "siro", file=june)
    said("sync", "siro", file=july)
    with pytest.raises(CommandError, match="--yes"):
        said("sync_rollback", "siro")
    asked, answers = [], ["", "o"]
    monkeypatch.setattr("sys.stdin", Screen())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answers.pop(0))
    with pytest.raises(CommandError, match="Rien n’a changé"):
        said("sync_rollback", "siro")
    assert Source.objects.get(pk="siro").vintage == "juillet 2026"
    assert "le portail sert de nouveau juin 2026" in said("sync_rollback", "siro")
    assert asked == ["Retirer juillet 2026 et revenir à juin 2026\u202f? [o/N] "] * 2


@own_database
def test_going_back_to_what_was_never_published_names_the_publications(june):
    said("sync", "siro", file=june)
    known = SyncRun.objects.get().pk
    with pytest.raises(CommandError, match=rf"{known} \(juin 2026\)"):
        said("sync_rollback", "siro", to=known + 1)


# ------------------------------------------------------------------------------------ manage.py sync_status
@pytest.mark.django_db
def test_the_status_tells_what_is_served_and_what_comes_next():
    heading, *rows = said("sync_status").splitlines()
    row = next(row for row in rows if row.startswith("siro"))
    assert row.index("juin 2026") == heading.index("Millésime")
    assert re.search(r"20 \w+ \d{4} à 5\u00a0h\u00a010", row.replace("20\u00a0", "20 "))


@pytest.mark.django_db
def test_the_status_tells_how_far_a_run_is():
    SyncRun.objects.create(
        source_id="siro", trigger="command", state="running", step="fetch", done=40, total=100
    )
    assert "en cours, téléchargement 40\u00a0%" in said("sync_status")


@pytest.mark.django_db
def test_the_status_tells_how_the_last_run_ended_in_one_sentence():
    SyncRun.objects.create(
        source_id="siro",
        trigger="command",
        state="refused",
        message="Le fichier est vide. Rien n’a été chargé.",
    )
    assert said("sync_status").splitlines()[-1].endswith("refusée\u00a0: Le fichier est vide")


# -------------------------------------------------------------------------------------------------- as text
def test_a_file_cannot_write_elsewhere_in_the_terminal():
    assert printable("a\x1b[2Jb\nc\u202ed é\u00a0») ") == "a�[2Jb�c�d é\u00a0») "


def test_columns_are_aligned_and_figures_read_from_the_right():
    lines = aligned(["OPCO", "Lignes"], [["atlas", "5"], ["a very long name", "12"]], frozenset({1}), 10)
    assert list(lines) == ["OPCO        Lignes", "atlas            5", "a very lo…      12"]
