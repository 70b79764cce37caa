"""The pages about the data: where it comes from, how fresh it is, what each publication changed."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from branches.evidence import reference
from branches.freshness import freshness
from branches.models import EstablishmentChange
from branches.reports import shown_tables
from opco_portal.sync.models import DataVersion, Source, SyncRun
from tests.branches.test_pages import page
from tests.publications import publish, run, serve

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def siro(on=date(2026, 7, 1)):
    return next(fresh for fresh in freshness(on) if fresh.source.code == "siro")


def table(rows, *columns):
    """A table of a report, its columns given as kind and label."""
    return {
        "code": "some",
        "title": "Titre",
        "columns": [{"kind": kind, "label": label} for kind, label in columns],
        "rows": rows,
    }


def shown(rows, *columns):
    (made,) = shown_tables({"tables": [table(rows, *columns)]}, reference())
    return made


# ---------------------------------------------------------------------------------------------------- the sources
def test_each_source_tells_publisher_vintage_content_licence_and_page(client):
    text = page(client, "/donnees/")
    for source in Source.objects.all():
        assert source.name in text
        assert f'href="{source.url}"' in text
    assert "juin 2026" in text
    assert "Licence Ouverte 2.0" in text
    assert "333 lignes de branches" in text


def test_a_sample_is_called_a_sample(client):
    assert siro().tag == ("probable", "Échantillon")
    assert "ne prouve rien" in page(client, "/donnees/")
    assert siro().content.replace("\u202f", " ").endswith("sur 3 671 884 chez l’éditeur")


def test_a_source_without_vintage_is_not_loaded_yet(client):
    Source.objects.create(code="later", name="Liste à venir", publisher="Dares", url="https://dares.example/")
    text = page(client, "/donnees/")
    assert "Liste à venir" in text
    assert "Pas encore chargée" in text


@pytest.mark.parametrize(
    ("state", "step", "said"),
    [
        ("unchanged", "fetch", "déjà à jour"),
        ("published", "publish", "nouvelle version publiée"),
        (
            "refused",
            "check",
            "le fichier proposé n’a pas été accepté, les données précédentes restent en place",
        ),
        ("refused", "find", "ne propose pas de fichier plus récent"),
        ("failed", "find", "l’éditeur n’a pas répondu"),
        ("failed", "fetch", "n’a pas pu être téléchargé"),
        ("failed", "compare", "incident technique"),
    ],
)
def test_the_last_check_is_told_with_its_outcome(client, state, step, said):
    ended = run(state, step=step)
    assert said in siro().outcome
    assert said in page(client, "/donnees/")
    assert siro().attempt == ended


def test_a_check_that_failed_leaves_the_last_good_one_in_sight(client):
    good, failed = run("unchanged", days=30), run("failed", step="find")
    assert (siro().attempt, siro().previous) == (failed, good)
    assert "La dernière qui a abouti" in page(client, "/donnees/")


@pytest.mark.parametrize("values", [{"state": "cancelled"}, {"state": "refused", "dry_run": True}])
def test_trials_and_cancelled_runs_are_no_checks(values):
    run(**values)
    assert siro().attempt is None


def test_what_was_withdrawn_is_not_called_published():
    run("published", withdrawn_at=timezone.now())
    assert siro().outcome == "publiée, puis retirée"


def test_a_first_load_that_is_refused_leaves_nothing_in_place():
    Source.objects.create(code="later", name="Liste à venir", url="https://dares.example/")
    run("refused", "later", step="check")
    later = next(fresh for fresh in freshness(date(2026, 7, 1)) if fresh.source.code == "later")
    assert later.outcome.endswith("rien n’a été chargé")
    assert later.tag == ("none", "Pas encore chargée")


def test_an_old_vintage_is_called_old_from_76_days_on():
    serve(publish(), as_of=date(2026, 7, 1))
    assert siro(on=date(2026, 9, 14)).warning == ""
    late = siro(on=date(2026, 9, 15))
    assert "elles ont 2\u00a0mois" in late.warning
    assert "n’a rien publié de plus récent" in late.warning
    assert late.tag == ("probable", "Ancienne")


def test_an_old_vintage_whose_successor_was_refused_is_not_the_publishers_doing():
    serve(publish(days=100), as_of=date(2026, 7, 1))
    run("refused", step="check", as_of=date(2026, 8, 1))
    assert "Une version plus récente existe" in siro(on=date(2026, 11, 1)).warning


@pytest.mark.parametrize(("state", "step"), [("refused", "fetch"), ("failed", "publish")])
def test_what_did_not_come_to_an_end_says_nothing_of_newer_versions(state, step):
    serve(publish(days=100), as_of=date(2026, 7, 1))
    run(state, step=step, as_of=date(2026, 7, 1))
    assert "La dernière vérification n’a pas abouti" in siro(on=date(2026, 11, 1)).warning


def test_a_refusal_and_its_old_data_are_one_notice(client):
    serve(publish(days=100), as_of=timezone.localdate() - timedelta(days=90))
    run("refused", step="check")
    assert siro(on=timezone.localdate()).alarm
    assert page(client, "/donnees/").count("Mise à jour refusée") == 1
    assert '<div class="note"><p>Ces données' not in page(client, "/donnees/")


def test_what_nothing_follows_is_folded(client):
    by_hand = {fresh.source.code for fresh in freshness(date(2026, 7, 1)) if fresh.by_hand}
    assert by_hand == {"approvals", "titles", "naf", "naf_sample"}
    text = page(client, "/donnees/")
    assert text.index('id="siro"') < text.index("Les sources mises à jour à la main") < text.index('id="naf"')


def test_a_publisher_that_did_not_answer_is_not_said_to_have_published():
    serve(publish(days=100), as_of=date(2026, 7, 1))
    run("failed", step="find")
    assert "on ne sait pas s’il a publié plus récent" in siro(on=date(2026, 11, 1)).warning


def test_a_slip_at_a_terminal_says_nothing_of_the_publisher():
    serve(publish(days=100), as_of=date(2026, 7, 1))
    SyncRun.objects.filter(pk=run("failed", step="fetch").pk).update(trigger="command")
    assert siro().attempt.state == "published"


def test_orders_and_nomenclatures_do_not_age():
    assert [fresh.source.code for fresh in freshness(date(2036, 1, 1)) if fresh.warning] == ["siro"]


def test_a_schedule_that_staff_suspended_is_not_promised():
    PeriodicTask.objects.filter(task="sync.siro").update(enabled=False)
    assert siro().rhythm == ""
    PeriodicTask.objects.filter(task="sync.siro").update(enabled=True)
    assert siro().rhythm == "le 20 de chaque mois"


# --------------------------------------------------------------------------------------------------- publications
def test_before_anything_is_published_the_page_says_what_will_be_there(client):
    SyncRun.objects.filter(state="published").delete()
    assert "Aucun changement publié pour l’instant" in page(client, "/donnees/changements/")


def test_publications_are_listed_newest_first_with_their_sentences(client):
    old, new = publish(vintage="juin 2026"), publish()
    text = page(client, "/donnees/changements/")
    assert text.index(new.get_absolute_url()) < text.index(old.get_absolute_url())
    assert "101 établissements changent d’OPCO" in text


def test_publications_are_filtered_by_source(client):
    ours, other = publish(), run(code="titles", vintage="mai 2026")
    text = page(client, "/donnees/changements/?source=titles")
    assert other.get_absolute_url() in text
    assert ours.get_absolute_url() not in text
    assert ours.get_absolute_url() in page(client, "/donnees/changements/?source=nothing")


def test_lists_do_not_read_reports_whole(client, django_assert_num_queries):
    publish()
    with django_assert_num_queries(4) as captured:
        client.get("/donnees/changements/")
    assert all('"report",' not in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("state", ["queued", "running", "refused", "failed", "tried", "unchanged"])
def test_only_what_was_published_has_a_page(client, state):
    address = run(state).get_absolute_url()
    for path in ("", "etablissements/", "etablissements.csv"):
        assert client.get(address + path).status_code == 404


def test_a_publication_tells_what_changes_then_proves_it(client):
    before = publish(vintage="juin 2026")
    text = page(client, publish(replaces=before).get_absolute_url())
    order = [
        text.index("101 établissements changent d’OPCO, 1 apparaît, 1 disparaît."),
        text.index("La preuve"),
        text.index("Désaccords avec une décision ou un arrêté"),
        text.index("Lignes écartées"),
    ]
    assert order == sorted(order)
    assert "juin 2026 → <strong>juillet 2026</strong>" in text
    assert text.count("109,2 Mo") == 2  # that of the file, and of what it was compared with
    assert f'href="{before.get_absolute_url()}">juin 2026</a>' in text
    assert "ab12" * 16 in text
    assert "SIRET de 5 chiffres au lieu de 14" in text
    assert 'href="/convention/1486/"' in text
    assert 'href="/opco/atlas/"' in text


def test_a_withdrawn_publication_says_so_everywhere(client):
    withdrawn = publish(withdrawn_at=timezone.now())
    assert "Publication retirée" in page(client, withdrawn.get_absolute_url())
    assert "Retirée" in page(client, "/donnees/changements/")
    assert "a été retirée" in page(client, f"{withdrawn.get_absolute_url()}etablissements/")


def test_the_publication_in_service_is_marked(client):
    served = publish()
    serve(served)
    assert "En service" in page(client, served.get_absolute_url())
    assert f'href="{served.get_absolute_url()}"' in page(client, "/donnees/")


def back_to_july():
    """July, withdrawn August and September, and the way back from both."""
    now = timezone.now()
    july = publish()
    august = publish(vintage="août 2026", withdrawn_at=now, replaces=july)
    september = publish(vintage="septembre 2026", withdrawn_at=now, replaces=august)
    moment = timedelta(seconds=9)
    back = run(kind="rollback", replaces=september, started_at=now - moment, finished_at=now + moment)
    serve(july)
    return july, august, september, back


def test_going_back_says_which_publications_it_undoes(client):
    _, august, september, back = back_to_july()
    text = page(client, back.get_absolute_url())
    assert f'la publication <a href="{september.get_absolute_url()}">de septembre 2026</a>' in text
    assert f'et celle <a href="{august.get_absolute_url()}">d’août 2026</a>' in text
    assert "Le portail sert de nouveau juillet 2026" in text


def test_the_way_back_is_what_is_in_service(client):
    july, *_, back = back_to_july()
    (latest,) = (each for each in client.get("/donnees/").context["latest"] if each.in_force)
    assert latest == back
    assert page(client, "/donnees/changements/").count("En service") == 1
    assert ">En service<" in page(client, back.get_absolute_url())
    assert "De nouveau en service" in page(client, july.get_absolute_url())


def test_once_something_newer_is_published_the_way_back_is_past(client):
    *_, back = back_to_july()
    serve(publish(vintage="octobre 2026"))
    text = page(client, back.get_absolute_url())
    assert "En service" not in text
    assert "a servi de nouveau juillet 2026" in text


def test_publications_of_one_day_are_told_apart_by_their_hour(client):
    publish(days=40)
    assert " à " not in re.search("Publiée le [^<]*", page(client, "/donnees/changements/"))[0]
    publish(days=40, vintage="août 2026")
    hours = re.findall(r"Publiée le [^<]* à \d+ h \d\d", page(client, "/donnees/changements/"))
    assert len(hours) == 2


def test_a_publication_that_changes_nothing_says_so(client):
    assert "Rien d’autre ne change" in page(
        client, run(report={"headline": [], "tables": []}).get_absolute_url()
    )


# --------------------------------------------------------------------------------------------------------- tables
def test_a_long_table_unfolds_and_loses_nothing(client):
    rows = [["1486", "Titre", "atlas", number, number + 1] for number in range(40)]
    columns = (
        ("idcc", "IDCC"),
        ("text", "Convention"),
        ("opco", "OPCO"),
        ("count", "Avant"),
        ("count", "Après"),
    )
    text = page(client, run(report={"headline": [], "tables": [table(rows, *columns)]}).get_absolute_url())
    assert "Voir 25 autres lignes" in text
    assert text.count('role="rowheader"') == 40
    assert len(shown(rows[:16], *columns).first) == 16


def test_cells_are_shown_by_kind():
    rows = [["1486", "62.01Z", "atlas", None, 1234, 0.8575, None]]
    kinds = ("idcc", "naf", "opco", "opco", "count", "share", "text")
    (cells,) = shown(rows, *((kind, kind) for kind in kinds)).rows
    texts = ["Programmation informatique", "Atlas", "sans OPCO", "1\u202f234", "85,8\u00a0%", "–"]
    assert [cell.text for cell in cells[1:]] == texts
    assert cells[0].text.startswith("Bureaux d’études techniques")
    assert [cell.url for cell in cells[:3]] == ["/convention/1486/", "/activite/62.01Z/", "/opco/atlas/"]
    assert [cell.under for cell in cells[:3]] == ["IDCC 1486", "NAF 62.01Z", ""]


def test_a_title_carries_its_code_and_what_the_portal_does_not_know_leads_nowhere():
    rows = [["1486", "Bureaux d’études", "atlas"], ["0000", "", "ancien-opco"]]
    known, unknown = shown(rows, ("idcc", "IDCC"), ("text", "Convention"), ("opco", "OPCO")).rows
    assert (known[0].text, known[0].under) == ("Bureaux d’études", "IDCC 1486")
    assert (unknown[0].text, unknown[0].url) == ("IDCC 0000", "")
    assert (unknown[1].text, unknown[1].url) == ("ancien-opco", "")


def test_an_opco_and_its_share_are_one_cell():
    made = shown(
        [["atlas", 0.98, 3], [None, None, 4]], ("opco", "OPCO"), ("share", "Part"), ("count", "Lignes")
    )
    assert [heading.label for heading in made.headings] == ["OPCO", "Lignes"]
    assert [(row[0].text, row[0].under) for row in made.rows] == [("Atlas", "98\u00a0%"), ("sans OPCO", "")]


def test_passages_come_first_and_are_not_taken_for_establishments(client):
    text = page(client, publish().get_absolute_url())
    assert "(2 trajets)" in text
    assert "Tous les trajets ensemble font 101 établissements" in text
    assert text.index('id="moves"') < text.index('id="disagreements"')


def test_all_but_the_first_two_tables_are_folded(client):
    text = page(client, publish().get_absolute_url())
    opened = re.findall('<section class="card stack stack-s" id="([a-z_]+)"', text)
    assert opened == ["moves", "disagreements"]
    assert text.count("report-fold") == 5


def test_two_counts_are_followed_by_their_difference():
    made = shown(
        [["atlas", 10, 7], ["akto", 1, 2], ["afdas", None, 3]],
        ("opco", "OPCO"),
        ("count", "Avant"),
        ("count", "Après"),
    )
    assert [heading.label for heading in made.headings] == ["OPCO", "Avant", "Après", "Écart"]
    assert [row[3].text for row in made.rows] == ["−3", "+1", "–"]


def test_counts_that_no_row_has_take_no_room():
    made = shown([["atlas", None, 3]], ("opco", "OPCO"), ("count", "Avant"), ("count", "Après"))
    assert [heading.label for heading in made.headings] == ["OPCO", "Après"]


def test_text_of_a_file_is_never_markup(client):
    aside = [{"text": "<script>alert(1)</script>", "why": "illisible", "line": None}]
    assert "<script>alert" not in page(client, run(set_aside=aside, report={}).get_absolute_url())


# ------------------------------------------------------------------------------------------------- establishments
def test_establishments_are_listed_with_both_sides(client):
    text = page(client, f"{publish().get_absolute_url()}etablissements/")
    assert 'href="/entreprise/50103081100092/"' in text
    assert 'href="/entreprise/05010308110092/"' in text
    assert "géré par AKTO" in text
    assert "absent" in text
    assert "sans OPCO" in text


@pytest.mark.parametrize(
    ("query", "sirets"),
    [
        ("nature=moved", {50103081100092, 19941033300017}),
        ("nature=vanished", {77568873200010}),
        ("opco=atlas", {50103081100092, 19941033300017}),
        ("opco=akto", {50103081100092, 5010308110092}),
        ("nature=moved&opco=akto", {50103081100092}),
        ("opco=sans", {19941033300017}),
        ("q=1486", {50103081100092, 44967140300011, 19941033300017}),
        ("q=idcc 0843", {77568873200010}),
        ("q=501 030 811 00092", {50103081100092}),
        ("q=501\u202f030\u202f811\u00a000092", {50103081100092}),
        ("q=05010308110092", {5010308110092}),
        ("q=775688732", {77568873200010}),
        ("q=1486&nature=moved&opco=akto", {50103081100092}),
        ("q=501030811&nature=vanished", set()),
        ("q=", None),
        ("q=12", None),
        ("q=501030811000", None),
        ("q=١٤٨٦", None),
        ("nature=nothing&opco=nobody", None),
    ],
)
def test_establishments_are_filtered_and_counted(client, query, sirets):
    published = publish()
    response = client.get(f"{published.get_absolute_url()}etablissements/?{query}")
    everyone = set(EstablishmentChange.objects.filter(run=published).values_list("siret", flat=True))
    found = {row.siret for row in response.context["page"]}
    assert found == (everyone if sirets is None else sirets)
    assert response.context["page"].paginator.count == len(found)
    counts = {value: count for value, _, count in response.context["kinds"]}
    assert sum(counts.values()) == response.context["every_kind"]
    assert response.context["every_opco"] >= len(found)


def test_a_number_that_is_none_is_told_and_nothing_is_lost(client):
    address = f"{publish().get_absolute_url()}etablissements"
    text = page(client, f"{address}/?q=boulangerie <b>&nature=moved")
    assert "Écrivez un IDCC (4 chiffres" in text
    assert 'value="boulangerie &lt;b&gt;"' in text
    assert '<input type="hidden" name="nature" value="moved">' in text
    assert 'etablissements.csv?nature=moved"' in text
    refused = client.get(f"{address}.csv?q=boulangerie")
    assert (refused.status_code, "Écrivez un IDCC" in refused.content.decode()) == (400, True)


def test_the_number_goes_with_the_other_filters(client):
    text = page(client, f"{publish().get_absolute_url()}etablissements/?q=1486&opco=akto")
    assert '<input type="hidden" name="opco" value="akto">' in text
    assert "q=1486&amp;opco=akto&amp;nature=moved" in text
    assert "etablissements.csv?q=1486&amp;opco=akto" in text


def test_only_the_table_of_establishments_has_a_list_of_them(client):
    address = run(code="titles", vintage="mai 2026").get_absolute_url()
    for path in ("etablissements/", "etablissements.csv"):
        assert client.get(address + path).status_code == 404


def test_a_filter_that_finds_nothing_leads_back(client):
    text = page(client, f"{publish().get_absolute_url()}etablissements/?opco=uniformation")
    assert "Aucun établissement ne correspond" in text


def csv_of(client, address):
    response = client.get(address)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_list_is_a_file_with_the_same_filters(client):
    address = f"{publish().get_absolute_url()}etablissements.csv"
    rows = csv_of(client, address)
    assert len(rows) == 5
    assert rows[0]["SIRET"] == "05010308110092"
    assert rows[-2:][0]["OPCO avant"] == "Atlas"
    assert [row["Nature du changement"] for row in csv_of(client, f"{address}?nature=vanished")] == [
        "disparu"
    ]
    assert [row["SIRET"] for row in csv_of(client, f"{address}?q=0843")] == ["77568873200010"]


def test_the_file_is_named_after_both_vintages(client):
    june = publish(vintage="juin 2026")
    names = [
        client.get(f"{each.get_absolute_url()}etablissements.csv")["Content-Disposition"]
        for each in (june, publish(replaces=june))
    ]
    assert names == [
        'attachment; filename="table-siret-opco-juin-2026.csv"',
        'attachment; filename="table-siret-opco-juin-2026-vers-juillet-2026.csv"',
    ]


def test_the_page_says_how_to_keep_the_zeros_of_the_file(client):
    assert "SIRET et IDCC en texte" in page(client, f"{publish().get_absolute_url()}etablissements/")


def test_the_file_holds_no_formula(client):
    published = publish()
    EstablishmentChange.objects.create(
        run=published, siret=1, kind="moved", old_owner="=1+1", owner="@x", idcc="-2"
    )
    row = csv_of(client, f"{published.get_absolute_url()}etablissements.csv")[0]
    assert (row["OPCO avant"], row["OPCO après"], row["IDCC après"]) == ("'=1+1", "'@x", "'-2")


# ----------------------------------------------------------------------------------------------------------- feed
def feed(client, address="/donnees/changements/flux.atom"):
    response = client.get(address)
    assert response["Content-Type"].startswith("application/atom+xml")
    return ElementTree.fromstring(response.content)


def test_the_feed_is_atom_with_absolute_addresses_ids_dates_and_summaries(client):
    published = publish(withdrawn_at=timezone.now() + timedelta(hours=1))
    root = feed(client)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated", "author"):
        assert root.find(f"{ATOM}{name}") is not None
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == "http://testserver/donnees/changements/flux.atom"
    entry = root.find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}id").text == f"http://testserver{published.get_absolute_url()}"
    assert entry.find(f"{ATOM}updated").text == published.withdrawn_at.isoformat()
    assert "101\u00a0établissements" in entry.find(f"{ATOM}summary").text


def test_the_feed_of_one_source_has_its_own_address_and_entries(client):
    publish()
    run(code="titles", vintage="mai 2026", report={"headline": ["Titres & <codes>."]})
    root = feed(client, "/donnees/changements/flux.atom?source=titles")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"].endswith("flux.atom?source=titles")
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}summary").text == "Titres &amp; &lt;codes&gt;."
    assert client.get("/donnees/changements/flux.atom?source=nothing").status_code == 404


def test_a_feed_that_did_not_change_is_not_sent_again(client):
    publish()
    address = "/donnees/changements/flux.atom"
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_pages_announce_the_feed(client):
    for path in ("/donnees/", "/donnees/changements/", publish().get_absolute_url()):
        assert 'type="application/atom+xml"' in page(client, path)


# ------------------------------------------------------------------------------------------------- ways and costs
def test_every_page_leads_to_the_data(client):
    text = page(client, "/opco/")
    assert 'href="/donnees/"' in text
    assert 'href="/donnees/changements/"' in text


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/donnees/", 5),
        ("/donnees/changements/", 4),
        ("/donnees/changements/flux.atom", 2),
        ("/donnees/changements/{}/", 4),
        ("/donnees/changements/{}/etablissements/", 5),
        ("/donnees/changements/{}/etablissements.csv", 4),
    ],
)
def test_pages_take_few_queries(client, path, count, django_assert_max_num_queries):
    published = publish(replaces=publish(vintage="juin 2026"))
    serve(published)
    DataVersion.bump()
    path = path.format(published.pk)
    client.get(path)  # the reference is in memory from here on
    with django_assert_max_num_queries(count):
        response = client.get(path)
        b"".join(response)
    assert response.status_code == 200


@pytest.mark.parametrize("source", ["zzz", "%00", "é"])
def test_the_feed_of_a_source_that_does_not_exist_is_not_found(client, source):
    assert client.get(f"/donnees/changements/flux.atom?source={source}").status_code == 404
