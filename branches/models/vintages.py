"""What each published vintage of the SIRET-OPCO table said, and what it changed: history, and the way back."""

from django.db import models

from opco_portal.sync.models import SyncRun


class VintagePair(models.Model):
    """How many establishments declared this IDCC for that OPCO in one published vintage, escape codes included."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="pairs")
    idcc = models.CharField("IDCC", max_length=4)
    opco = models.CharField("OPCO", max_length=20)
    establishments = models.PositiveIntegerField("établissements")

    class Meta:
        verbose_name = "couple IDCC et OPCO d’un millésime"
        verbose_name_plural = "couples IDCC et OPCO par millésime"
        constraints = [models.UniqueConstraint(fields=["run", "idcc", "opco"], name="one_pair_per_vintage")]

    def __str__(self) -> str:
        return f"{self.idcc} → {self.opco} ({self.establishments})"


class EstablishmentChange(models.Model):
    """An establishment before and after a run; before is NULL for a new one, after for one that vanished.

    `kind` tells absence from a row whose values are all NULL.
    """

    class Kind(models.TextChoices):
        MOVED = "moved", "changent d’OPCO"
        APPEARED = "appeared", "nouveaux"
        VANISHED = "vanished", "disparus"
        DETAIL = "detail", "changent de convention ou de gestionnaire"

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="establishment_changes")
    siret = models.BigIntegerField("SIRET")
    kind = models.CharField("nature", max_length=8, choices=Kind)
    old_idcc = models.TextField("IDCC avant", null=True)  # noqa: DJ001
    old_owner = models.TextField("OPCO avant", null=True)  # noqa: DJ001
    old_manager = models.TextField("gestion avant", null=True)  # noqa: DJ001
    idcc = models.TextField("IDCC", null=True)  # noqa: DJ001
    owner = models.TextField("OPCO", null=True)  # noqa: DJ001
    manager = models.TextField("gestion", null=True)  # noqa: DJ001

    class Meta:
        verbose_name = "changement d’établissement"
        verbose_name_plural = "changements d’établissements"
        ordering = ["run", "kind", "siret"]
        constraints = [models.UniqueConstraint(fields=["run", "siret"], name="one_change_per_run")]
        indexes = [models.Index(fields=["run", "kind", "siret"], name="changes_as_they_are_listed")]

    def __str__(self) -> str:
        return f"{self.siret:014d} : {self.get_kind_display()}"
