"""Everything that can go wrong between the publisher and the table: each time the old data answers, the run says
why in words that staff can act on, and the next run succeeds."""

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from werkzeug import Response

from branches.evidence import forget_reference, look_up
from branches.models import Attachment, Establishment
from opco_portal.sync.models import DataVersion, Source, SyncRun
from tests.publisher import Publisher, cut_after, json_response, ranged, start_of


def dataset(url: str) -> Response:
    return json_response({"resources": [{"title": "siro-202607.csv", "format": "csv", "url": url}]})


HEADER = b"SIRET|IDCC|OPCO_PROPRIETAIRE|OPCO_GESTION\n"
State = SyncRun.State


def served() -> tuple[object, ...]:
    """All that a failed run must leave as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(row::text, '' ORDER BY siret)) FROM branches_establishment AS row"
        )
        table = cursor.fetchone()
    attachments = Attachment.objects.order_by("pk").values_list(
        "agreement", "opco", "establishments", "vintage"
    )
    source = Source.objects.get(pk="siro")
    return table, list(attachments), source.vintage, source.loaded_rows, source.run_id


@contextmanager
def unharmed(
    sync: Callable[..., SyncRun], publisher: Publisher, good: bytes, month: str = "202607"
) -> Iterator[None]:
    """What happens within the block changes nothing that is served, and does not stand in the way of a good file."""
    before, siret = served(), Establishment.objects.order_by("siret")[7].siret
    answer = look_up(f"{siret:014d}")
    yield
    assert served() == before
    forget_reference()
    assert look_up(f"{siret:014d}") == answer
    assert not leftovers()
    publisher.start_again()
    publisher.offer(month, good)
    run = sync()
    assert run.state == State.PUBLISHED, run.message
    assert Source.objects.get(pk="siro").run == run


def leftovers() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'branches_establishment_%next%'")
        return [name for (name,) in cursor.fetchall()]


def lines(body: bytes) -> list[bytes]:
    return body.removeprefix(HEADER).splitlines(keepends=True)


@pytest.fixture
def refused(
    portal_on_june: Publisher, sync: Callable[..., SyncRun], july: bytes
) -> Callable[[bytes], SyncRun]:
    """Offer a file as July and return the run that must not publish it."""

    def offer(body: bytes, **order: bool) -> SyncRun:
        with unharmed(sync, portal_on_june, july):
            portal_on_june.offer("202607", body)
            offered.append(sync(**order))
        return offered[-1]

    offered: list[SyncRun] = []
    return offer


# ------------------------------------------------------------------------------------------- the dataset's description
@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (lambda _: Response("panne", status=503), "failed", "réponse HTTP 503"),
        (lambda _: Response("absent", status=404), "failed", "réponse HTTP 404"),
        (lambda _: Response("<html>Maintenance</html>"), "failed", "pas renvoyé la description"),
        (lambda _: json_response(["siro"]), "failed", "pas renvoyé la description"),
        (lambda _: json_response({"resources": None}), "failed", "pas renvoyé la description"),
        (lambda _: Response(b"[" * 6_000_000), "failed", "réponse trop longue"),
        (lambda _: Response(b"[" * 1_000_000), "failed", "pas renvoyé la description"),
        (
            lambda _: json_response(
                {"resources": [{"title": "siro-202607.csv", "format": "csv", "url": "http://[::siro"}]}
            ),
            "failed",
            "adresse illisible",
        ),
        (
            lambda _: dataset("https://example.test/" + "x" * 600),
            "refused",
            "une adresse qui n’en est pas une",
        ),
        (lambda _: dataset("https://example.test/\0"), "refused", "une adresse qui n’en est pas une"),
        (lambda _: json_response({"resources": []}), "refused", "aucun fichier « siro-AAAAMM.csv »"),
        (
            lambda _: json_response(
                {"resources": [{"title": "dictionnaire.pdf", "format": "pdf", "url": "x"}]}
            ),
            "refused",
            "aucun fichier « siro-AAAAMM.csv »",
        ),
        (
            lambda _: json_response(
                {"resources": [{"title": "siro-202613.csv", "format": "csv", "url": "x"}]}
            ),
            "refused",
            "aucun fichier « siro-AAAAMM.csv »",
        ),
        (
            lambda _: json_response(
                {
                    "resources": [
                        {"title": "siro-202607.csv", "format": "csv", "url": "http://example.test/siro"}
                    ]
                }
            ),
            "failed",
            "adresse sans https",
        ),
    ],
    ids=[
        "down",
        "gone",
        "html",
        "list",
        "null",
        "endless",
        "nested",
        "no address",
        "long address",
        "NUL in address",
        "empty",
        "no match",
        "no month",
        "insecure",
    ],
)
def test_a_dataset_that_cannot_be_used(portal_on_june, sync, july, answer, state, said):
    with unharmed(sync, portal_on_june, july):
        portal_on_june.describe_through(answer)
        run = sync()
    assert run.state == state
    assert said in plain_spaces(run.message)


def test_a_publisher_that_does_not_answer(portal_on_june, sync, july, siro, monkeypatch):
    with unharmed(sync, portal_on_june, july), monkeypatch.context() as patch:
        patch.setattr(type(siro), "base_url", "http://127.0.0.1:9/dataset/")
        run = sync()
    assert (run.state, "connexion impossible" in run.message) == ("failed", True)


def test_a_publisher_that_is_slow(portal_on_june, sync, july, siro, monkeypatch):
    """It accepts the connection and never answers: the client gives up by itself."""
    mute = socket.create_server(("127.0.0.1", 0))
    with unharmed(sync, portal_on_june, july), mute, monkeypatch.context() as patch:
        patch.setattr(type(siro), "timeout", 0.2)
        patch.setattr(type(siro), "base_url", f"http://127.0.0.1:{mute.getsockname()[1]}/")
        run = sync()
    assert (run.state, "délai dépassé" in run.message) == ("failed", True)


def test_the_newest_of_several_files_is_taken(portal_on_june, sync, july, june):
    portal_on_june.offer("202607", july)
    portal_on_june.offer("202605", june)
    portal_on_june.resources.append({"title": "notice.pdf", "format": "pdf", "url": "http://x"})
    run = sync()
    assert (run.state, run.vintage) == ("published", "juillet 2026")


def test_an_older_file_than_ours_is_refused(portal_on_june, sync, june, july):
    with unharmed(sync, portal_on_june, july):
        portal_on_june.start_again()
        portal_on_june.offer("202605", june)
        run = sync()
    assert (run.state, "plus ancien que celui" in run.message) == ("refused", True)


def test_the_same_file_again_writes_nothing(portal_on_june, sync):
    before, version = served(), DataVersion.objects.get()
    run = sync()
    assert (run.state, run.report) == ("unchanged", None)
    assert (served(), DataVersion.objects.get().number) == (before, version.number)


# ------------------------------------------------------------------------------------------------------- the transfer
def test_a_download_that_is_cut_goes_on_where_it_stopped(portal_on_june, sync, july):
    asked = []

    def answer(request):
        asked.append(start_of(request))
        return (
            cut_after(july, 50_000, etag=ranged(july)(request).headers["ETag"])
            if len(asked) == 1
            else ranged(july)(request)
        )

    portal_on_june.offer_through("202607", answer)
    run = sync()
    assert run.state == "published", run.message
    assert asked[0] == 0
    assert asked[1] > 0


def test_a_server_that_cannot_resume_sends_the_whole_again(portal_on_june, sync, july):
    asked = []

    def answer(request):
        asked.append(start_of(request))
        return cut_after(july, 50_000) if len(asked) < 3 else Response(july)

    portal_on_june.offer_through("202607", answer)
    run = sync()
    assert (run.state, asked) == ("published", [0, 0, 0]), run.message


def test_a_file_replaced_between_two_tries_is_not_joined_to_the_old_one(portal_on_june, sync, july, june):
    asked = []

    def answer(request):
        asked.append(request)
        return cut_after(june, 50_000, etag='"old"') if len(asked) == 1 else ranged(july)(request)

    portal_on_june.offer_through("202607", answer)
    run = sync()
    assert run.state == "published", run.message
    assert run.size == len(july)


def test_the_rest_of_another_version_is_not_joined_either(portal_on_june, sync, july, june):
    """A server that ignores If-Range, and goes on with a file that has changed since."""
    asked = []

    def answer(request):
        asked.append(start_of(request))
        if len(asked) == 1:
            return cut_after(june, 50_000, etag='"old"')
        rest = Response(july[asked[-1] :], status=206 if asked[-1] else 200)
        rest.headers["ETag"] = '"new"'
        rest.headers["Content-Range"] = f"bytes {asked[-1]}-{len(july) - 1}/{len(july)}"
        return rest

    portal_on_june.offer_through("202607", answer)
    run = sync()
    assert (run.state, run.size) == ("published", len(july)), run.message
    assert (asked[1] > 0, asked[2]) == (True, 0)


def test_a_date_is_enough_to_go_on_from(portal_on_june, sync, july):
    """Without an ETag, and an answer to If-Range that does not repeat the date, as the standard wants it."""
    asked = []

    def answer(request):
        asked.append(start_of(request))
        if len(asked) == 1:
            begun = cut_after(july, 50_000)
            begun.headers["Last-Modified"] = "Mon, 20 Jul 2026 08:00:00 GMT"
            return begun
        rest = cut_after(july[asked[-1] :], 20_000) if len(asked) == 2 else Response(july[asked[-1] :])
        rest.status_code = 206
        rest.headers["Content-Range"] = f"bytes {asked[-1]}-{len(july) - 1}/{len(july)}"
        return rest

    portal_on_june.offer_through("202607", answer)
    run = sync()
    assert (run.state, run.size, len(asked)) == ("published", len(july), 3), run.message
    assert asked == sorted(set(asked))  # each time from further on


def test_a_busy_server_is_asked_again(portal_on_june, sync, july):
    asked = []

    def answer(request):
        asked.append(request)
        return (
            Response("occupé", status=429, headers={"Retry-After": "7"}) if len(asked) < 3 else Response(july)
        )

    portal_on_june.offer_through("202607", answer)
    assert sync().state == "published"


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (lambda july: cut_after(july, 50_000), "failed", "connexion coupée"),
        (lambda july: Response("absent", status=404), "failed", "réponse HTTP 404"),
        (lambda july: Response("panne", status=500), "failed", "réponse HTTP 500"),
        (lambda july: Response("<!DOCTYPE html><p>Erreur</p>"), "refused", "une page web"),
        (lambda july: Response(""), "refused", "Le fichier est vide"),
        (
            lambda july: Response(status=302, headers={"Location": "http://example.test/f"}),
            "failed",
            "sans https",
        ),
        (
            lambda july: Response(status=302, headers={"Location": "/files/siro-202607.csv"}),
            "failed",
            "redirections",
        ),
        (
            lambda july: Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
            "refused",
            "compressé le fichier (gzip)",
        ),
    ],
    ids=["cut", "gone", "down", "html", "empty", "insecure redirect", "redirect loop", "compressed"],
)
def test_a_file_that_does_not_come(portal_on_june, sync, july, answer, state, said):
    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer_through("202607", lambda _: answer(july))
        run = sync()
    assert run.state == state
    assert said in plain_spaces(run.message)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"filesize": 12}, "l’éditeur en annonce 12"),
        ({"checksum": {"type": "sha1", "value": "0" * 40}}, "L’empreinte SHA1"),
        ({"checksum": {"type": "SHA-256", "value": "0" * 64}}, "L’empreinte SHA256"),
        ({"filesize": 5_000_000_000}, "dépasse la taille admise"),
    ],
)
def test_a_file_that_is_not_what_was_announced(portal_on_june, sync, july, told, said):
    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july, **told)
        run = sync()
    assert (run.state, said in plain_spaces(run.message)) == ("refused", True), run.message


def test_a_file_without_announced_size_is_bounded_all_the_same(portal_on_june, sync, july, siro, monkeypatch):
    with unharmed(sync, portal_on_june, july), monkeypatch.context() as patch:
        patch.setattr(type(siro), "max_bytes", 100_000)
        portal_on_june.offer_through("202607", lambda _: Response(iter([july])))
        run = sync()
    assert (run.state, "dépasse la taille admise" in run.message) == ("refused", True)


def test_an_unknown_kind_of_checksum_is_no_reason_to_refuse(portal_on_june, sync, july):
    portal_on_june.offer("202607", july, checksum={"type": "crc32", "value": "abcd"})
    assert sync().state == "published"


def test_a_disk_without_room(portal_on_june, sync, july, settings, tmp_path, monkeypatch):
    """The file of the download leads to /dev/full, where the kernel itself answers that there is no room."""
    if not os.path.exists("/dev/full"):
        pytest.fail("this test needs /dev/full")
    settings.SYNC_FOLDER = str(tmp_path)
    mkdir = os.mkdir

    def folder_without_room(path, *rest, **more):
        mkdir(path, *rest, **more)
        os.symlink("/dev/full", os.path.join(path, "published"))

    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july)
        with monkeypatch.context() as patch:
            patch.setattr(os, "mkdir", folder_without_room)
            run = sync()
    assert (run.state, "Le disque est plein" in run.message) == ("failed", True), run.message


# ------------------------------------------------------------------------------------------------------- what it says
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda body: HEADER, "aucune ligne lisible"),
        (lambda body: body.replace(HEADER, b"SIRET|IDCC|OPCO\n"), "elle est « SIRET|IDCC|OPCO »"),
        (
            lambda body: body.replace(b"OPCO_GESTION", b"GESTIONNAIRE"),
            "l’éditeur a sans doute changé ses colonnes",
        ),
        (lambda body: b"PK\x03\x04" + bytes(range(256)) * 12, "Ce n’est pas la table SIRET-OPCO"),
        (lambda body: b"\x1f\x8b\x08" + bytes(range(255, -1, -1)) * 12, "Ce n’est pas la table SIRET-OPCO"),
        (lambda body: body.decode().encode("utf-16"), "Ce n’est pas la table SIRET-OPCO"),
        (lambda body: body[: len(body) * 7 // 10].rpartition(b"\n")[0] + b"\n", "moins de 80 %"),
        (lambda body: body.replace(b"|ATLAS|", b"|OPCO DOUZE|"), "« OPCO DOUZE »"),
        (lambda body: body.replace(b"|OPCO SANTE|", "|OPCO SANTÉ|".encode()), "« OPCO SANTÉ »"),
        (lambda body: body.replace(b"|L'OPCOMMERCE|", b"|OPCOMMERCE|"), "« OPCOMMERCE »"),
        (lambda body: body.replace(b"|ATLAS|", b"|atlas|"), "« atlas ? »"),
        (lambda body: body.replace(b"|AKTO|", b"|%s|" % (b"X" * 300)), "« XXXX"),
        (lambda body: body.replace(b"|AKTO\n", b"|GESTION INCONNUE\n"), "« GESTION INCONNUE »"),
        (lambda body: body.replace(b"|ATLAS|", b'|"ATLAS|X"|'), "« ATLAS|X »"),
        (lambda body: body.replace(b"|ATLAS|", b"|ATLAS\\|"), "« ATLAS\\ »"),
        (lambda body: body.replace(b"|OPCO SANTE|", "|OPCO SANTÉ|".encode("latin-1")), "n’est pas en UTF-8"),
        (lambda body: b"".join([HEADER, *(line[1:] for line in lines(body))]), "SIRET de 13 chiffres"),
        (
            lambda body: b"".join([HEADER, *(b"A" + line[1:] for line in lines(body))]),
            "autre chose que des chiffres",
        ),
        (
            lambda body: b"".join([HEADER, *(line.replace(b"|", b";") for line in lines(body))]),
            "1 colonne au lieu de 4",
        ),
        (lambda body: body + b"".join(contradicting(lines(body)[:40])), "se contredisent"),
        (lambda body: b"".join([HEADER, *swapped_owners(lines(body))]), "changeraient d’OPCO d’un coup"),
    ],
    ids=[
        "header only",
        "column missing",
        "column renamed",
        "zip",
        "gzip",
        "utf-16",
        "30% fewer",
        "twelfth label",
        "accented label",
        "label that looks like a slug",
        "label in small letters",
        "endless label",
        "unknown manager",
        "separator in quotes",
        "backslash",
        "latin-1",
        "13 digits",
        "letters",
        "semicolons",
        "contradictions",
        "everybody moves",
    ],
)
def test_a_file_that_is_refused(refused, july, spoil, said):
    run = refused(spoil(july))
    assert run.state == "refused"
    assert said in plain_spaces(run.message)


def contradicting(rows: list[bytes]) -> list[bytes]:
    """The same SIRETs under another OPCO."""
    return [row[:15] + b"9999|" + (b"AFDAS" if b"|ATLAS|" in row else b"ATLAS") + b"|\n" for row in rows]


def swapped_owners(rows: list[bytes]) -> Iterator[bytes]:
    for row in rows:
        siret, idcc, owner, manager = row.split(b"|")
        yield b"|".join([siret, idcc, b"AFDAS" if owner and owner != b"AFDAS" else owner, manager])


def test_a_forced_run_may_lose_rows(portal_on_june, sync, july):
    portal_on_june.offer("202607", july[: len(july) // 2].rpartition(b"\n")[0] + b"\n")
    assert sync().state == "refused"
    assert sync(force=True).state == "published"


def test_a_forced_run_never_guesses_a_label(refused, july):
    assert refused(july.replace(b"|ATLAS|", b"|OPCO DOUZE|"), force=True).state == "refused"


# ------------------------------------------------------------------------------------- unusual, and read all the same
@pytest.mark.parametrize(
    "dress",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: b"\xef\xbb\xbf" + body.replace(b"\n", b"\r\n"),
        lambda body: body.removesuffix(b"\n"),
        lambda body: body + b"\n\n",
        lambda body: b"\n".join(
            b"|".join(b'"%b"' % cell for cell in line.split(b"|")) for line in body.splitlines()
        ),
        lambda body: b"\n".join(
            b"|".join(line.split(b"|")[i] for i in (2, 0, 3, 1)) for line in body.splitlines()
        ),
        lambda body: body.replace(b"|", b" | "),
        lambda body: body + b"".join(lines(body)[:50]),
    ],
    ids=[
        "BOM",
        "CRLF",
        "BOM and CRLF",
        "no last newline",
        "blank lines",
        "quotes",
        "reordered columns",
        "spaces",
        "identical duplicates",
    ],
)
def test_a_file_dressed_otherwise_says_the_same(portal_on_june, sync, july, dress):
    portal_on_june.offer("202607", dress(july))
    run = sync()
    assert run.state == "published", run.message
    dressed = served()[:2]
    assert run.report["counts"]["establishments_moved"] == 250
    portal_on_june.offer("202607", july)
    assert sync(force=True).state == "published"
    assert served()[:2] == dressed


@pytest.mark.parametrize("first", [True, False], ids=["first vintage", "later vintage"])
def test_a_few_bad_rows_are_set_aside_and_listed(sync, publisher, june, july, first):
    """Four rows in more than four thousand: the rest is published."""
    if not first:
        publisher.offer("202606", june)
        assert sync().state == "published"
    good = lines(july)
    bad = [
        b"1234567890123|1486|ATLAS|\n",
        good[10].replace(good[10][:14], b"123456789O1234"),
        b"12345678901234|14868|ATLAS|\n",
        b"0|" * 2_500_000 + b"\n",
    ]
    body = b"".join([HEADER, *good[:100], bad[0], *good[100:2000], bad[1], bad[2], *good[2000:], bad[3]])
    publisher.offer("202607", body)
    run = sync()
    assert run.state == "published", run.message
    assert [(row["line"], row["why"]) for row in run.set_aside] == [
        (102, "SIRET de 13 chiffres au lieu de 14"),
        (2003, "le SIRET contient autre chose que des chiffres"),
        (2004, "IDCC illisible"),
        (len(good) + 5, "beaucoup trop longue"),
    ]
    assert "4 lignes écartées" in plain_spaces(run.message)
    assert Establishment.objects.count() == len(good)


@pytest.mark.parametrize("first", [True, False], ids=["first vintage", "later vintage"])
def test_sirets_that_contradict_themselves_are_set_aside(sync, publisher, june, july, first):
    if not first:
        publisher.offer("202606", june)
        assert sync().state == "published"
    good = lines(july)
    publisher.offer("202607", july + contradicting(good[5:6])[0] + good[9])
    run = sync()
    assert run.state == "published", run.message
    assert [row["text"] for row in run.set_aside] == [good[5][:14].decode()]
    assert "se contredisent" in run.set_aside[0]["why"]
    assert Establishment.objects.count() == len(good) - 1
    assert not Establishment.objects.filter(siret=int(good[5][:14])).exists()
    assert_counts_are_those_of_the_table()


@pytest.mark.parametrize(("bad", "state"), [(4, "published"), (5, "refused")])
def test_one_row_in_a_thousand_may_be_bad_and_no_more(portal_on_june, sync, july, bad, state):
    rows = [b"1234567890123|1486|ATLAS|\n"] * bad
    portal_on_june.offer("202607", july + b"".join(rows))
    assert sync().state == state


def test_many_contradictions_are_counted_and_some_are_kept(portal_on_june, sync, july, monkeypatch):
    monkeypatch.setattr("branches.sources.siro.source.KEPT_EXAMPLES", 3)
    portal_on_june.offer("202607", july + b"".join(contradicting(lines(july)[:40])))
    run = sync()
    assert (run.state, len(run.set_aside), run.set_aside_count) == ("refused", 3, 80)


def test_a_first_table_that_is_far_from_whole_is_refused(sync, publisher, june):
    Source.objects.filter(pk="siro").update(published_rows=3_671_884)
    publisher.offer("202606", june)
    run = sync()
    assert (run.state, "contre 3 671 884" in plain_spaces(run.message)) == ("refused", True)
    assert sync(force=True).state == "published"


def test_a_nul_byte_spoils_only_its_row(portal_on_june, sync, july):
    good = lines(july)
    portal_on_june.offer("202607", b"".join([HEADER, *good, b"123456789\x0012345|1486|ATLAS|\n"]))
    run = sync()
    assert [row["why"] for row in run.set_aside] == ["contient un caractère nul"]
    assert Establishment.objects.count() == len(good)


def test_an_agreement_that_nobody_knows_yet_is_created_without_a_title(portal_on_june, sync, july):
    portal_on_june.offer("202607", july.replace(b"|1486|", b"|7777|", 3))
    assert sync().state == "published"
    forget_reference()
    assert look_up("7777").status in ("found", "ambiguous")
    assert "n’est publié dans aucune liste" in " ".join(message.text for message in look_up("7777").messages)


def assert_counts_are_those_of_the_table() -> None:
    """The attachments, which follow from differences, are what counting the whole table gives."""
    rows = Establishment.objects.exclude(idcc=None).exclude(owner=None).values_list("idcc", "owner")
    counted = Counter(row for row in rows if row[0] not in ("5100", "5501", "9998", "9999"))
    siro = Attachment.objects.filter(source="siro").values_list("agreement_id", "opco_id", "establishments")
    assert {(idcc, opco): count for idcc, opco, count in siro} == counted


def plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")
