"""Which agreement and which establishment belongs to which OPCO, according to whom."""

from datetime import date

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from branches.models.agreements import Agreement, Opco


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def speaking(self, on: date) -> "AttachmentQuerySet":
        """What sources say, and the portal's own decisions that are in force that day."""
        return self.filter(~Q(source=Attachment.Source.MANUAL) | Q(validity__contains=on))


@pghistory.track()
class Attachment(models.Model):
    """What one source says: this agreement belongs to that OPCO."""

    class Source(models.TextChoices):
        MANUAL = "manual", "décision du portail"
        SIRO = "siro", "table SIRET-OPCO"
        APPROVAL = "approval", "arrêté d’agrément"
        LIST = "list", "liste publiée"

    agreement = models.ForeignKey(
        Agreement, verbose_name="convention", on_delete=models.CASCADE, related_name="attachments"
    )
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="attachments")
    source = models.CharField("source", max_length=10, choices=Source)
    establishments = models.PositiveIntegerField("établissements", null=True, blank=True)
    share = models.DecimalField(
        "part",
        max_digits=7,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Part des établissements de la convention, de 0 à 1.",
    )
    vintage = models.CharField("millésime", max_length=40, blank=True)
    document_date = models.DateField("date du document", null=True, blank=True)
    source_url = models.URLField("document", max_length=300, blank=True)
    to_confirm = models.BooleanField("à confirmer", default=False)
    validity = DateRangeField("période", null=True, blank=True)
    reason = models.TextField("motif", blank=True)
    author = models.ForeignKey(
        "auth.User", verbose_name="auteur", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "rattachement"
        verbose_name_plural = "rattachements"
        ordering = ["agreement", F("establishments").desc(nulls_last=True), "opco"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "opco", "source"],
                condition=~Q(source="manual"),
                name="one_attachment_per_source",
            ),
            ExclusionConstraint(
                name="manual_periods_do_not_overlap",
                expressions=[("agreement", RangeOperators.EQUAL), ("validity", RangeOperators.OVERLAPS)],
                condition=Q(source="manual"),
                violation_error_message=(
                    "Une autre décision couvre déjà une partie de cette période : terminez-la d’abord."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(source="manual")
                # A period that is empty has no first day either.
                | (Q(validity__startswith__isnull=False) & ~Q(reason="") & ~Q(source_url="")),
                name="manual_attachment_is_justified",
                violation_error_message="Une décision demande un premier jour, un motif et un lien vers sa source.",
            ),
            models.CheckConstraint(
                condition=~Q(source="siro") | Q(establishments__isnull=False, share__isnull=False),
                name="siro_attachment_is_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} → {self.opco_id} ({self.get_source_display()})"


@pghistory.track()
class DeclaredOpco(models.Model):
    """Establishments that declared an escape code, by the OPCO that they chose: a count, not an attachment."""

    agreement = models.ForeignKey(
        Agreement, verbose_name="code de repli", on_delete=models.CASCADE, related_name="declared"
    )
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="+")
    establishments = models.PositiveIntegerField("établissements")

    class Meta:
        verbose_name = "OPCO déclaré sous un code de repli"
        verbose_name_plural = "OPCO déclarés sous un code de repli"
        ordering = ["agreement", "-establishments"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "opco"], name="one_count_per_declared_opco")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} → {self.opco_id}"


class Establishment(models.Model):
    """A row of the SIRET-OPCO table as published: OPCOs by slug, NULL where the table says nothing.

    A sync stages a whole vintage beside this table, then brings it to the same rows, so nothing has a foreign
    key into it. Codes are text without foreign keys out of it either: COPY must not check 3.7 million of them.
    The primary key is the only index: it answers a SIRET, and a SIREN as the range of its SIRETs. One on the
    IDCC or the OPCO would double the time of a sync for counts that `VintagePair` already holds.
    """

    siret = models.BigIntegerField(primary_key=True)
    idcc = models.TextField(null=True)  # noqa: DJ001 -- NULL: the table gives none
    owner = models.TextField(null=True)  # noqa: DJ001
    manager = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        verbose_name = "établissement"
        verbose_name_plural = "établissements"

    def __str__(self) -> str:
        return f"{self.siret:014d}"
