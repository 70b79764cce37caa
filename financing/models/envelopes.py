"""Budgets that rules share, and what pages say is left of them."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from financing.models.origin import Origin
from financing.models.shared import has_a_source, one_of, payer
from opco_portal.french import day, typeset


class Period(models.TextChoices):
    """How often the amount of a budget is there."""

    YEAR = "year", "par an"
    ACTION = "action", "par demande"


class Status(models.TextChoices):
    """What is said of the funds of a budget."""

    OPEN = "open", "fonds disponibles"
    EXHAUSTED = "exhausted", "fonds épuisés"


class DaysBetween(Func):
    """Both days included, None being no end."""

    function = "DATERANGE"
    output_field = DateRangeField()


@pghistory.track()
class Envelope(models.Model):
    """A budget that rules share: what they pay together for a company."""

    code = models.SlugField("code", primary_key=True, max_length=80)
    opco = payer("envelopes")
    label = models.CharField("libellé", max_length=150)
    amount = models.DecimalField(
        "montant",
        max_digits=11,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="En euros hors taxes. Vide : non publié.",
    )
    at_least = models.BooleanField(
        "minimum garanti", default=False, help_text="Le vrai montant dépend de ce que l’entreprise verse."
    )
    period = models.CharField(
        "période",
        max_length=10,
        choices=Period,
        default=Period.YEAR,
        blank=True,
        help_text="Vide : la page ne dit pas combien de fois.",
    )
    source_url = models.URLField("source", max_length=300)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.MANUAL)

    class Meta:
        verbose_name = "enveloppe"
        verbose_name_plural = "enveloppes"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0),
                name="envelope_amount_is_positive",
                violation_error_message="Un montant inconnu reste vide : 0 € voudrait dire que rien n’est payé.",
            ),
            one_of("envelope", "period", Period, blank=True),
            one_of("envelope", "origin", Origin),
            has_a_source("envelope", "Une enveloppe demande l’adresse https de la page qui la publie."),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.code})"


@pghistory.track()
class FundsStatus(models.Model):
    """What a page says of an envelope for some days: that it is open, or exhausted."""

    envelope = models.ForeignKey(
        Envelope, verbose_name="enveloppe", on_delete=models.CASCADE, related_name="funds"
    )
    status = models.CharField("état", max_length=10, choices=Status)
    since = models.DateField("depuis le")
    until = models.DateField("jusqu’au", null=True, blank=True, help_text="Ce jour compris.")
    source_url = models.URLField("source", max_length=300)
    note = models.TextField("remarque", blank=True)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.MANUAL)

    class Meta:
        verbose_name = "état des fonds"
        verbose_name_plural = "états des fonds"
        ordering = ["envelope", "-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="funds_period_goes_forward",
                violation_error_message="Le dernier jour précède le premier.",
            ),
            ExclusionConstraint(
                name="funds_periods_do_not_overlap",
                expressions=[
                    ("envelope", RangeOperators.EQUAL),
                    (
                        DaysBetween("since", "until", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=(
                    "Un autre état de cette enveloppe couvre déjà une partie de ces jours : terminez-le d’abord."
                ),
            ),
            one_of("funds_status", "status", Status),
            one_of("funds_status", "origin", Origin),
            has_a_source("funds_status", "L’état des fonds demande l’adresse https de la page qui le dit."),
        ]

    def __str__(self) -> str:
        end = f" jusqu’au {day(self.until)}" if self.until else ""
        return typeset(f"{self.envelope_id} : {self.get_status_display()} depuis le {day(self.since)}{end}")
