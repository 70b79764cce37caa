"""NAF activities and what they suggest."""

import pghistory
from django.db import models
from django.urls import reverse

from branches.models.agreements import Agreement, Opco


@pghistory.track()
class Activity(models.Model):
    """A NAF rev. 2 code of any level, from division (2 digits) to sub-class (4 digits and a letter)."""

    code = models.CharField("code NAF", max_length=6, primary_key=True)
    label = models.CharField("intitulé", max_length=250)

    class Meta:
        verbose_name = "activité"
        verbose_name_plural = "activités (NAF)"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("activity", args=[self.code])


@pghistory.track()
class ActivityOpco(models.Model):
    """Most frequent OPCO in a sample of the establishments of a NAF prefix: indicative, and shown as such."""

    prefix = models.CharField("préfixe NAF", max_length=6, primary_key=True)
    opco = models.ForeignKey(Opco, verbose_name="OPCO", on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField("part", max_digits=4, decimal_places=3)
    establishments = models.PositiveIntegerField("établissements de l’échantillon")

    class Meta:
        verbose_name = "OPCO fréquent d’une activité"
        verbose_name_plural = "OPCO fréquents par activité"
        ordering = ["prefix"]

    def __str__(self) -> str:
        return f"{self.prefix} → {self.opco_id}"


@pghistory.track()
class ActivityShare(models.Model):
    """Which agreements cover the employees of an activity (Dares): an indication that is better than a sample.

    `share` is a fraction of 1 of the employees; `agreement` is NULL for the group « autres ».
    """

    activity = models.ForeignKey(
        Activity, verbose_name="activité", on_delete=models.CASCADE, related_name="shares"
    )
    agreement = models.ForeignKey(
        Agreement, verbose_name="convention", on_delete=models.PROTECT, null=True, related_name="+"
    )
    share = models.DecimalField("part des salariés", max_digits=5, decimal_places=4)
    employees = models.PositiveIntegerField("salariés de l’activité", null=True)

    class Meta:
        verbose_name = "convention d’une activité"
        verbose_name_plural = "conventions par activité"
        ordering = ["activity", "-share"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "agreement"], nulls_distinct=False, name="one_share_per_agreement"
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} → {self.agreement_id or 'autres'}"
