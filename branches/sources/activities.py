"""The table of the Dares from activities to agreements: which agreements cover the employees of a NAF code.

What the publisher masks is not guessed. An activity whose shares do not add up is set aside whole. A row whose
agreement the portal does not know is set aside alone: the other shares of the activity are right without it, and the
pages show what is missing as such. Such rows come in once the list of agreements knows the IDCC and staff load the
table again by force.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import httpx
from django.conf import settings

from branches.models import Activity, ActivityShare, Agreement
from branches.sources.lists import ListSource, shown, year_named
from branches.sources.sentences import happened
from opco_portal.french import percent, plural, typeset
from opco_portal.identifiers import normalize_idcc, normalize_naf
from opco_portal.sync.errors import Refusal
from opco_portal.sync.journal import Journal
from opco_portal.sync.models import SyncRun
from opco_portal.sync.publication import Publication, linked_files
from opco_portal.sync.report import Column, Report, Table
from opco_portal.sync.source import Schedule, SetAside, Staged, register
from opco_portal.sync.spreadsheets import Layout, Row, read_table
from opco_portal.tables import bring_to

FILE = re.compile(r"IDCC(20[0-9]{2})_passageAPEIDCC[^/?#]*\.xlsx(?:[?#].*)?$", re.IGNORECASE)
LAYOUT = Layout(
    "table de passage APE - IDCC",
    ["IDCC*"],
    {"naf": ["apen"], "idcc": ["idcc"], "percent": ["pctdiff"]},
    {"employees": ["effarrdiff"]},
)
TOLERANCE = Decimal("0.01")  # each share is rounded to a tenth of a percent, and an activity has some twenty
STEP = Decimal("0.0001")

# How the counts of a report are told.
CHANGES = {
    "new": ("nouvelle", "nouvelles"),
    "vanished": ("disparue", "disparues"),
    "changed": ("modifiée", "modifiées"),
}

# IDCC -> share; the empty IDCC is the group « autres »
Shares = dict[str, Decimal]


@dataclass
class Covered:
    """An activity as the table describes it: its rows as they come, then its shares."""

    naf: str
    employees: int | None = None
    masked: bool = False
    rows: list[Row] = field(default_factory=list)
    shares: Shares = field(default_factory=dict)


@dataclass
class ActivitiesStaged(Staged):
    """`rows` counts shares; `masked` the activities that the publisher keeps to itself."""

    activities: list[Covered] = field(default_factory=list)
    masked: int = 0


@register
class ActivitiesSource(ListSource[ActivitiesStaged]):
    code = "activities"
    schedule = Schedule(minute="40", hour="4", day_of_week="2")
    base_url = settings.ACTIVITIES_PAGE
    rows_name = "parts d’activité"
    tolerated = 0.05  # agreements that ended since the year of the table are ordinary

    # ------------------------------------------------------------------------------------------- where it is found
    def find(self, http: httpx.Client) -> Publication:
        what = "la table de passage APE - IDCC (« IDCC…_passageAPEIDCC….xlsx »)"
        matches = linked_files(http, self.base_url, FILE, what)
        newest = max(matches, key=lambda match: (match[1], match.string))
        return _of_year(int(newest[1]), newest.string)

    def describe(self, path: Path) -> Publication:
        match = FILE.search(path.name)
        year = int(match[1]) if match else year_named(path.name)
        if year is None:
            raise Refusal(
                f"Le nom « {path.name} » ne dit pas de quelle année sont les données : ajoutez-la, par exemple "
                "« IDCC2021_passageAPEIDCC.xlsx »."
            )
        return _of_year(year)

    # ---------------------------------------------------------------------------------------------- how it is read
    def stage(self, path: Path, run: SyncRun, journal: Journal) -> ActivitiesStaged:
        staged = ActivitiesStaged()
        known = set(Activity.objects.values_list("pk", flat=True))
        agreements = dict(Agreement.objects.values_list("pk", "status"))
        for activity in _activities(path, staged):
            if activity.masked:
                staged.masked += 1
                continue
            problem = _problem(activity, known)
            if problem:
                for row in activity.rows:
                    staged.put_aside(SetAside(shown(row), problem, row.line))
                continue
            _keep_known(activity, agreements, staged)
            if activity.shares:
                staged.activities.append(activity)
                staged.rows += len(activity.shares)
        return staged

    # -------------------------------------------------------------------------------------------- what it changes
    def compare(self, staged: ActivitiesStaged, run: SyncRun) -> Report:
        before: dict[str, Shares] = defaultdict(dict)
        for naf, idcc, share in ActivityShare.objects.values_list("activity", "agreement", "share"):
            before[naf][idcc or ""] = share
        after = {activity.naf: activity.shares for activity in staged.activities}
        return _report(before, after, staged)

    # ----------------------------------------------------------------------------------------------- where it lands
    def publish(self, staged: ActivitiesStaged, run: SyncRun) -> None:
        wanted = [
            ActivityShare(
                activity_id=activity.naf, agreement_id=idcc or None, share=share, employees=activity.employees
            )
            for activity in staged.activities
            for idcc, share in activity.shares.items()
        ]
        bring_to(ActivityShare.objects.all(), ("activity_id", "agreement_id"), wanted)


def _of_year(year: int, url: str = "") -> Publication:
    """Employees are those of 31 December."""
    return Publication(str(year), date(year, 12, 31), url)


# ------------------------------------------------------------------------------------------------------ reading
def _activities(path: Path, staged: Staged) -> Iterator[Covered]:
    """The activities of the table with the shares of their rows, in the order of the table."""
    activities: dict[str, Covered] = {}
    for row in read_table(path, [LAYOUT]).rows:
        naf = normalize_naf(row.values["naf"] or "")
        if naf is None:
            staged.put_aside(SetAside(shown(row), "code APE illisible", row.line))
            continue
        activity = activities.setdefault(naf, Covered(naf))
        activity.rows.append(row)
        if row.values["idcc"] is None and row.values["percent"] is None:
            activity.masked = True  # a sentence stands where the number of employees would be
    yield from activities.values()


def _problem(activity: Covered, known: set[str]) -> str:
    """Fill in the shares of an activity; why it cannot be shown, when it cannot."""
    if activity.naf not in known:
        return f"l’activité {activity.naf} n’est pas dans la nomenclature"
    try:
        for row in dict.fromkeys(_cells(row) for row in activity.rows):
            _add(activity, *row)
    except ValueError as error:
        return str(error)
    total = sum(activity.shares.values(), Decimal(0))
    if abs(total - 1) > TOLERANCE:
        found = f"{total * 100:.1f}".replace(".", ",")
        return f"les parts de l’activité {activity.naf} font {found} % au total"
    return ""


def _cells(row: Row) -> tuple[str, str, str]:
    """What a row says; rows that say the same are one."""
    values = row.values
    return values["idcc"] or "", values["percent"] or "", values["employees"] or ""


def _add(activity: Covered, code: str, written: str, employees: str) -> None:
    idcc, share = _idcc(code), _share(written)
    if idcc in activity.shares and idcc:
        raise ValueError(f"l’activité {activity.naf} a deux parts différentes pour l’IDCC {idcc}")
    activity.shares[idcc] = activity.shares.get(idcc, Decimal(0)) + share
    if employees.isdecimal():
        activity.employees = int(employees)


def _idcc(code: str) -> str:
    """An IDCC, or "" for a group such as « autres »."""
    if not any(character.isdecimal() for character in code):
        return ""
    idcc = normalize_idcc(code)
    if idcc is None:
        raise ValueError(f"IDCC « {code} » illisible")
    return idcc


def _share(written: str) -> Decimal:
    try:
        share = Decimal(written.replace(",", ".").removesuffix("%").strip()) / 100
    except InvalidOperation:
        raise ValueError(f"part « {written} » illisible") from None
    if not share.is_finite() or not 0 <= share <= 1:
        raise ValueError(f"part « {written} » hors de 0 à 100")
    return share.quantize(STEP)


def _keep_known(activity: Covered, agreements: Mapping[str, str], staged: Staged) -> None:
    """Set aside the shares of unknown agreements; an escape code is no agreement and joins « autres »."""
    for idcc, share in list(activity.shares.items()):
        if not idcc:
            continue
        if idcc not in agreements:
            text = f"{activity.naf}, IDCC {idcc}, {percent(share)}"
            staged.put_aside(SetAside(text, "cet IDCC n’est pas dans la liste des conventions du portail"))
            del activity.shares[idcc]
        elif agreements[idcc] == Agreement.Status.ESCAPE:
            del activity.shares[idcc]
            activity.shares[""] = activity.shares.get("", Decimal(0)) + share


# ---------------------------------------------------------------------------------------------------- reporting
def _report(before: Mapping[str, Shares], after: Mapping[str, Shares], staged: ActivitiesStaged) -> Report:
    """Which activities are described now, and which have another first agreement than before."""
    new, gone = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    changed = [naf for naf in sorted(after.keys() & before.keys()) if after[naf] != before[naf]]
    moved = [(naf, _first(before[naf]), _first(after[naf])) for naf in changed]
    first = [
        (naf, was[0] or None, now[0] or None, float(now[1])) for naf, was, now in moved if was[0] != now[0]
    ]
    counts = {
        "rows": staged.rows,
        "activities": len(after),
        "masked": staged.masked,
        "new": len(new),
        "vanished": len(gone),
        "changed": len(changed),
        "first_changed": len(first),
    }
    naf, share = Column("Activité", "naf"), Column("Part", "share")
    columns = [naf, Column("Avant", "idcc"), Column("Après", "idcc"), share]
    tables = [
        Table("first", "Activités dont la première convention change", columns, first),
        Table("vanished", "Activités qui ne sont plus décrites", [naf], [(naf,) for naf in gone]),
        Table("new", "Activités nouvellement décrites", [naf], [(naf,) for naf in new]),
    ]
    return Report(list(_headline(counts)), tables, counts)


def _headline(counts: Mapping[str, int]) -> Iterator[str]:
    masked = happened(counts, {"masked": ("n’est pas diffusée", "ne sont pas diffusées")})
    yield typeset(
        f"{plural(counts['activities'], 'activité décrite', 'activités décrites')} par "
        f"{plural(counts['rows'], 'part')} de salariés{f' ; {masked} par l’éditeur' if masked else ''}."
    )
    told = happened(counts, CHANGES, "activité")
    yield typeset(f"{told or 'Aucune activité ne change'}.")
    if counts["first_changed"]:
        verb = "change" if counts["first_changed"] == 1 else "changent"
        yield typeset(f"{plural(counts['first_changed'], 'activité')} {verb} de première convention.")


def _first(shares: Shares) -> tuple[str, Decimal]:
    """The agreement that covers most employees, before « autres »; "" when there is none."""
    return max(shares.items(), key=lambda item: (bool(item[0]), item[1], item[0]))
