"""The list of collective agreements: found on the ministry's page, lined up with what is known, then served.

Staff, escape codes, usual names and agreements that the list does not name are never touched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
from django.conf import settings

from branches import search
from branches.models import Agreement
from branches.sources.agreements.changes import report
from branches.sources.agreements.entries import Entry, read_entries
from branches.sources.agreements.plan import Plan, plan
from branches.sources.lists import ListSource, month_named, year_named
from opco_portal.sync.errors import Refusal
from opco_portal.sync.journal import Journal
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.publication import Publication, linked_files, month_vintage
from opco_portal.sync.report import Report
from opco_portal.sync.source import Schedule, Staged, register
from opco_portal.tables import bring_to

# The month of the deposit is a folder of the address; the name alone tells the year.
FILE = re.compile(
    r"(?:/(?P<year>20[0-9]{2})-(?P<month>0[1-9]|1[0-2])/)?"
    r"(?P<name>Dares_Suivi_Historique_convention_collective[^/?#]*\.xlsx)(?:[?#].*)?$",
    re.IGNORECASE,
)
LONGEST_URL = Agreement._meta.get_field("source_url").max_length or 0


@dataclass
class AgreementsStaged(Staged):
    entries: Mapping[str, Entry] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)


@register
class AgreementsSource(ListSource[AgreementsStaged]):
    code = "agreements"
    schedule = Schedule(minute="20", hour="4", day_of_week="1")
    base_url = settings.AGREEMENTS_PAGE
    rows_name = "conventions"

    # ------------------------------------------------------------------------------------------- where it is found
    def find(self, http: httpx.Client) -> Publication:
        what = "la liste des conventions (« Dares_Suivi_Historique_convention_collective….xlsx »)"
        offers = [
            Publication(*vintage, match.string)
            for match in linked_files(http, self.base_url, FILE, what)
            if (vintage := _vintage(match))
        ]
        if not offers:
            raise Refusal(
                f"L’adresse de la liste des conventions ne dit plus de quand elle date ({self.base_url}). "
                "Prévenez l’équipe technique, qui peut charger le fichier à la main."
            )
        return max(offers, key=lambda offer: (offer.as_of, offer.url))

    def describe(self, path: Path) -> Publication:
        vintage = _vintage_named(path.name)
        if not vintage:
            raise Refusal(
                f"Le nom « {path.name} » ne dit pas de quand date la liste : ajoutez-y l’année et le mois, par exemple "
                "« conventions-2026-10.xlsx »."
            )
        return Publication(*vintage)

    # ------------------------------------------------------------------------------- how it is read, what it changes
    def stage(self, path: Path, run: SyncRun, journal: Journal) -> AgreementsStaged:
        staged = AgreementsStaged()
        entries = read_entries(path, staged)
        staged.rows = len(entries)
        staged.entries = entries
        return staged

    def _cited(self, run: SyncRun) -> str:
        """Where titles come from: the file, or its page when it has no address that can be kept."""
        if run.url and len(run.url) <= LONGEST_URL:
            return run.url
        return Source.objects.values_list("url", flat=True).get(pk=self.code)

    def compare(self, staged: AgreementsStaged, run: SyncRun) -> Report:
        # held until the end: what staff write meanwhile is either seen here or waits
        known = {agreement.idcc: agreement for agreement in Agreement.objects.select_for_update(no_key=True)}
        staged.plan = plan(staged.entries, known, self._cited(run), staged)
        return report(staged.plan, staged.rows)

    # ----------------------------------------------------------------------------------------------- where it lands
    def publish(self, staged: AgreementsStaged, run: SyncRun) -> None:
        wanted = [after for _, after in staged.plan.changed]
        if bring_to(Agreement.objects.filter(pk__in=[row.pk for row in wanted]), ("idcc",), wanted):
            search.rebuild()


def _vintage(match: re.Match[str]) -> tuple[str, date] | None:
    if match["year"]:
        return month_vintage(int(match["year"]), int(match["month"]))
    return _vintage_named(match["name"])


def _vintage_named(name: str) -> tuple[str, date] | None:
    """The month that a file name tells, else the year: « 2026 », its first day."""
    year = year_named(name)
    return month_named(name) or ((str(year), date(year, 1, 1)) if year else None)
