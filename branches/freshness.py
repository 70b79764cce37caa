"""How fresh each source is, in words for visitors: what is served, when it was last looked at, and how that ended."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django_celery_beat.models import PeriodicTask

from opco_portal.french import number, plural, typeset
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.schedule import day_in_words
from opco_portal.sync.source import registered
from opco_portal.sync.tasks import task_name

State, Step = SyncRun.State, SyncRun.Step


class Use(NamedTuple):
    """What a source gives, and what its rows are called."""

    gives: str = ""
    row: str = "ligne"
    rows: str = "lignes"


# In the order in which they are told.
USES = {
    "siro": Use(
        "L’OPCO de chaque établissement, et par là celui de chaque convention.",
        "établissement",
        "établissements",
    ),
    "agreements": Use(
        "Les conventions qui existent, et ce qui remplace celles qui disparaissent.",
        "convention",
        "conventions",
    ),
    "activities": Use("Les conventions appliquées dans chaque activité."),
    "approvals": Use(
        "Les branches que l’État a confiées à chaque OPCO.", "ligne de branche", "lignes de branches"
    ),
    "titles": Use("Le titre des conventions et leur texte officiel.", "titre", "titres"),
    "naf": Use("Le nom et le code des activités.", "activité", "activités"),
    "naf_sample": Use(
        "L’OPCO le plus fréquent d’une activité, à titre indicatif.",
        "groupe d’activités",
        "groupes d’activités",
    ),
}
ORDER = {code: place for place, code in enumerate(USES)}
# Of the sources that change every few weeks; orders and nomenclatures do not age.
OLD_AFTER = {"siro": timedelta(days=75)}


@dataclass(frozen=True)
class Freshness:
    """What a visitor is told of one source; "" and None where there is nothing to tell."""

    source: Source
    on: date
    attempt: SyncRun | None = None  # the latest, whatever came of it
    checked: SyncRun | None = None  # the latest for which the publisher answered
    rhythm: str = ""

    @property
    def use(self) -> Use:
        return USES.get(self.source.code, Use())

    @property
    def is_loaded(self) -> bool:
        return bool(self.source.vintage)

    @property
    def by_hand(self) -> bool:
        """Nothing follows it: it comes with the portal's own files."""
        return self.is_loaded and self.source.code not in {each.code for each in registered()}

    @property
    def content(self) -> str:
        """How much is loaded, of how much is published."""
        loaded, published = self.source.loaded_rows, self.source.published_rows
        of_all = f", sur {number(published)} chez l’éditeur" if published and published != loaded else ""
        return plural(loaded, self.use.row, self.use.rows) + of_all

    @property
    def tag(self) -> tuple[str, str] | None:
        """The level of confidence, and its word."""
        if not self.is_loaded:
            return "none", "Pas encore chargée"
        if self.source.is_sample:
            return "probable", "Échantillon"
        if self.attempt and self.attempt.state == State.REFUSED:
            return "alert", "Mise à jour refusée"
        if self.attempt and self.attempt.state == State.FAILED:
            return "alert", "Vérification manquée"
        if self.warning:
            return "probable", "Ancienne"
        return ("certain", "À jour") if self.checked else None

    @property
    def outcome(self) -> str:
        return _outcome(self.attempt, self.is_loaded) if self.attempt else ""

    @property
    def previous(self) -> SyncRun | None:
        """The last check that succeeded, where the latest did not."""
        return self.checked if self.attempt != self.checked else None

    @property
    def warning(self) -> str:
        """That what is served is old, and whose doing that is."""
        as_of = self.source.as_of
        if not as_of or self.on - as_of <= OLD_AFTER.get(self.source.code, timedelta.max):
            return ""
        months = (self.on.year - as_of.year) * 12 + self.on.month - as_of.month
        return typeset(
            f"Ces données décrivent {self.source.vintage} : elles ont {plural(months, 'mois', 'mois')}. "
            f"{self._whose_doing()}Un établissement ou une convention qui a changé depuis n’y figure pas encore."
        )

    @property
    def alarm(self) -> bool:
        """The latest check went wrong and what is served is old: one and the same notice."""
        return bool(self.warning and self.tag and self.tag[0] == "alert")

    def _whose_doing(self) -> str:
        latest = self.attempt
        if latest is None:
            return ""
        if latest.state == State.FAILED and latest.step == Step.FIND:
            return "L’éditeur n’a pas pu être consulté : on ne sait pas s’il a publié plus récent. "
        served = self.source.as_of
        if latest.withdrawn_at or (latest.as_of and served and latest.as_of > served):
            return "Une version plus récente existe, mais n’est pas encore servie. "
        if latest.state in (State.FAILED, State.REFUSED) and latest.step != Step.FIND:
            return "La dernière vérification n’a pas abouti. "
        return "L’éditeur n’a rien publié de plus récent à la dernière vérification. "


def freshness(on: date) -> list[Freshness]:
    """Every source, the most important first, as it stands that day; three queries."""
    attempts, rhythms = _attempts(), _rhythms()
    sources = sorted(
        Source.objects.select_related("run").defer("run__report", "run__set_aside"),
        key=lambda source: (ORDER.get(source.code, len(ORDER)), source.code),
    )
    return [
        Freshness(source, on, *_latest(attempts[source.code]), rhythm=rhythms.get(task_name(source.code), ""))
        for source in sources
    ]


# ----------------------------------------------------------------------------------------------------- last check
def _attempts() -> Mapping[str, list[SyncRun]]:
    """Of each source, the latest check that ended in each way; trials are nobody's news."""
    runs = (
        SyncRun.objects.filter(
            kind=SyncRun.Kind.SYNC, dry_run=False, state__in=[*SyncRun.CHECKED, State.FAILED]
        )
        # a slip at a terminal says nothing of the publisher
        .exclude(trigger=SyncRun.Trigger.COMMAND, state__in=[State.REFUSED, State.FAILED])
        .defer("report", "set_aside")
        .order_by("source_id", "state", "-pk")
        .distinct("source_id", "state")
    )
    found: dict[str, list[SyncRun]] = defaultdict(list)
    for run in runs:
        found[run.source_id].append(run)
    return found


def _latest(runs: list[SyncRun]) -> tuple[SyncRun | None, SyncRun | None]:
    """The latest of all, and the latest that reached the publisher."""
    runs = sorted(runs, key=lambda run: -run.pk)
    return next(iter(runs), None), next((run for run in runs if run.state in SyncRun.CHECKED), None)


def _outcome(run: SyncRun, is_loaded: bool) -> str:
    kept = "les données précédentes restent en place" if is_loaded else "rien n’a été chargé"
    if run.state == State.PUBLISHED:
        return "publiée, puis retirée" if run.withdrawn_at else "nouvelle version publiée"
    if run.state == State.UNCHANGED:
        return "déjà à jour"
    if run.state == State.REFUSED:
        if not _turned_down(run):
            return typeset(
                f"l’éditeur ne propose pas de fichier plus récent que le portail puisse lire, {kept}"
            )
        return typeset(f"refusée : le fichier proposé n’a pas été accepté, {kept}")
    return f"{_FAILURES.get(run.step, 'un incident technique l’a interrompue')}, {kept}"


def _turned_down(run: SyncRun) -> bool:
    """There was a newer file, and it was not accepted; before that, there was none to be had."""
    return run.state == State.REFUSED and run.step != Step.FIND


_FAILURES: dict[str, str] = {
    Step.FIND: "l’éditeur n’a pas répondu",
    Step.FETCH: "le fichier n’a pas pu être téléchargé",
}


def _rhythms() -> dict[str, str]:
    """How often each task looks, where a few words say it and it looks once a day at most."""
    tasks = PeriodicTask.objects.filter(
        enabled=True, task__startswith=task_name(""), crontab__isnull=False
    ).select_related("crontab")
    return {task.task: day_in_words(task.crontab) for task in tasks if task.crontab.hour.isdigit()}
