"""Where the data comes from, what each synchronisation did, and which version of it all is being served."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from opco_portal.french import day

LONG_WAIT = timedelta(minutes=5)


class Source(models.Model):
    """An official source and the vintage of it that the portal serves now.

    `vintage` is empty and `as_of` NULL for a source of which nothing was loaded yet. `run` is the publication
    being served; without one, what is served comes from the portal's own reference files.
    """

    code = models.SlugField("code", primary_key=True)
    name = models.CharField("nom", max_length=120)
    publisher = models.CharField("éditeur", max_length=120)
    vintage = models.CharField(
        "millésime", max_length=40, blank=True, help_text="Tel qu’il est cité : « juin 2026 »."
    )
    as_of = models.DateField("état des données au", null=True, blank=True)
    url = models.URLField("page de la source", max_length=300)
    licence = models.CharField("licence", max_length=60, blank=True)
    published_rows = models.PositiveIntegerField("lignes publiées", null=True, blank=True)
    loaded_rows = models.PositiveIntegerField("lignes chargées", default=0)
    loaded_at = models.DateTimeField("chargée le", auto_now=True)
    run = models.ForeignKey(
        "SyncRun", verbose_name="publication servie", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "source"
        verbose_name_plural = "sources"
        ordering = ["code"]
        permissions = [
            ("synchronise_source", "Peut lancer et annuler une synchronisation"),
            ("roll_back_source", "Peut revenir au millésime précédent"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.vintage}" if self.vintage else self.name

    @property
    def is_sample(self) -> bool:
        """Only part of what the publisher gives out is loaded, so an absence proves nothing."""
        return (
            self.run_id is None and self.published_rows is not None and self.loaded_rows < self.published_rows
        )


class SyncRun(models.Model):
    """One synchronisation, or one return to an earlier vintage: what was asked, how far it went, what it did.

    Sizes are in bytes. `vintage` is cited to people (« juillet 2026 ») and `as_of` orders vintages. `report`
    is what changed for whom (`opco_portal.sync.report`); `message` says in French how the run ended.
    """

    class Kind(models.TextChoices):
        SYNC = "sync", "synchronisation"
        ROLLBACK = "rollback", "retour en arrière"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "planification"
        ADMIN = "admin", "administration"
        COMMAND = "command", "ligne de commande"

    class State(models.TextChoices):
        QUEUED = "queued", "en attente"
        RUNNING = "running", "en cours"
        PUBLISHED = "published", "publiée"
        UNCHANGED = "unchanged", "déjà à jour"
        TRIED = "tried", "essai réussi"
        REFUSED = "refused", "refusée"
        FAILED = "failed", "en échec"
        INTERRUPTED = "interrupted", "interrompue"
        CANCELLED = "cancelled", "annulée"
        BUSY = "busy", "remise à plus tard"

    class Step(models.TextChoices):
        FIND = "find", "recherche du fichier"
        FETCH = "fetch", "téléchargement"
        STAGE = "stage", "lecture"
        CHECK = "check", "contrôles"
        COMPARE = "compare", "comparaison"
        PUBLISH = "publish", "publication"

    UNFINISHED = (State.QUEUED, State.RUNNING)
    # The source was looked at, whatever came of it: what a visitor means by « dernière vérification ».
    CHECKED = (State.PUBLISHED, State.UNCHANGED, State.REFUSED)

    source = models.ForeignKey(Source, verbose_name="source", on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField("nature", max_length=10, choices=Kind, default=Kind.SYNC)
    trigger = models.CharField("déclenchée par", max_length=10, choices=Trigger)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="compte",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    dry_run = models.BooleanField("essai", default=False)
    force = models.BooleanField("forcée", default=False)
    state = models.CharField("état", max_length=12, choices=State, default=State.QUEUED)
    message = models.TextField("résultat", blank=True)
    forcible = models.BooleanField("peut être forcée", default=False)

    vintage = models.CharField("millésime", max_length=40, blank=True)
    as_of = models.DateField("état des données au", null=True, blank=True)
    url = models.URLField("fichier", max_length=500, blank=True)
    checksum = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    size = models.PositiveBigIntegerField("taille", null=True, blank=True)
    replaces = models.ForeignKey(
        "self", verbose_name="remplace", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    step = models.CharField("étape", max_length=10, choices=Step, blank=True)
    done = models.PositiveBigIntegerField("octets traités", default=0)
    total = models.PositiveBigIntegerField("octets à traiter", null=True, blank=True)
    rows = models.PositiveIntegerField("lignes", default=0)
    set_aside = models.JSONField(
        "lignes écartées", default=list, blank=True, help_text="Au plus quelques milliers sont gardées."
    )
    set_aside_count = models.PositiveIntegerField("nombre de lignes écartées", default=0)
    report = models.JSONField("changements", null=True, blank=True)

    cancel_requested = models.BooleanField("annulation demandée", default=False)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    created_at = models.DateTimeField("demandée le", auto_now_add=True)
    started_at = models.DateTimeField("commencée le", null=True, blank=True)
    finished_at = models.DateTimeField("terminée le", null=True, blank=True)

    class Meta:
        verbose_name = "synchronisation"
        verbose_name_plural = "synchronisations"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["source", "state", "-id"], name="runs_of_a_source")]

    def __str__(self) -> str:
        subject = f"{self.source_id}, {self.vintage}" if self.vintage else self.source_id
        return f"{subject} : {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("change", args=[self.pk])

    @property
    def outcome(self) -> str:
        """The state in words, and what became of a publication since."""
        if self.state == self.State.PUBLISHED and self.kind == self.Kind.ROLLBACK:
            return "retour effectué"
        return "publiée, puis retirée" if self.is_withdrawn else self.get_state_display()

    @property
    def is_withdrawn(self) -> bool:
        return self.state == self.State.PUBLISHED and self.withdrawn_at is not None

    @property
    def is_from_file(self) -> bool:
        """It read a file that somebody gave, not the publisher's: asked for anew, it would read another one."""
        return bool(self.kind == self.Kind.SYNC and self.vintage and not self.url)

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def waits_in_vain(self) -> bool:
        """Staff asked for it longer ago than any queue takes: its message was probably lost."""
        is_queued = self.state == self.State.QUEUED and self.trigger == self.Trigger.ADMIN
        return is_queued and timezone.now() - self.created_at > LONG_WAIT

    @property
    def progress(self) -> int | None:
        """Percentage of the step in hand; None when its length is not known."""
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def title(self) -> str:
        """How a publication is named in lists and feeds."""
        if self.kind == self.Kind.ROLLBACK:
            return f"{self.source.name} : retour à {self.vintage}"
        return f"{self.source.name} : {self.vintage or day(self.created_at.date())}"


class Hours(PeriodicTask):  # type: ignore[misc]
    """When a source is looked at: a row of django-celery-beat under a name that staff understand."""

    class Meta:
        proxy = True
        verbose_name = "horaire"
        verbose_name_plural = "horaires"
        ordering = ["task"]

    def __str__(self) -> str:
        code = self.task.removeprefix("sync.")
        return Source.objects.values_list("name", flat=True).filter(pk=code).first() or code


class DataVersion(models.Model):
    """One row whose number grows with every committed change of the reference data.

    Whatever is kept in memory or in a cache carries the number it was computed from, so a change is seen by
    every process at its next request. A sequence would not do: it moves before the transaction commits.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_data_version")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def hold(cls) -> None:
        """Wait until nobody else changes the reference data, and keep others waiting until this transaction ends.

        Whoever changes it holds it first, before touching any row: two loads, two synchronisations or a person's
        edit then follow one another, and none can wait for the other in a circle. Readers never wait.
        """
        cls.objects.get_or_create(pk=1)
        cls.objects.select_for_update(no_key=True).get(pk=1)

    @classmethod
    def bump(cls) -> None:
        """Tell every process that the reference data has changed (inside the transaction that changes it)."""
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1)
