"""Where the published vintages contradict what the portal decided, or what an order says."""

from datetime import date

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from branches.models.agreements import Agreement, Opco


class ConflictQuerySet(models.QuerySet["Conflict"]):
    def to_settle(self, on: date) -> "ConflictQuerySet":
        """Those that wait for somebody that day: never settled, or put off until a day that has come."""
        return self.filter(self.model.waiting(on))


@pghistory.track()
class Conflict(models.Model):
    """For one agreement: `ours` is what the portal or an order says, `theirs` what the SIRET-OPCO table says.

    There is one row for each contradiction, found again by every vintage that repeats it; `kind` is the strongest
    voice for ours. `GONE` is said where nothing contradicts any longer, the other states by staff, who never change
    what the sources said.
    """

    class Kind(models.TextChoices):
        MANUAL = "manual", "la table contredit notre décision"
        APPROVAL = "approval", "la table contredit l’arrêté"
        MAJORITY = "majority", "la table n’a plus de majorité"

    class State(models.TextChoices):
        OPEN = "open", "à traiter"
        POSTPONED = "postponed", "remis à plus tard"
        KEPT = "kept", "notre réponse gardée"
        ACCEPTED = "accepted", "table acceptée"
        GONE = "gone", "n’existe plus"

    agreement = models.ForeignKey(
        Agreement, verbose_name="convention", on_delete=models.CASCADE, related_name="conflicts"
    )
    kind = models.CharField("nature", max_length=10, choices=Kind)
    ours = models.ForeignKey(Opco, verbose_name="notre OPCO", on_delete=models.PROTECT, related_name="+")
    theirs = models.ForeignKey(
        Opco, verbose_name="OPCO de la table", on_delete=models.PROTECT, related_name="+"
    )
    share = models.DecimalField("part de la table", max_digits=7, decimal_places=6)
    establishments = models.PositiveIntegerField("établissements")
    vintage = models.CharField("millésime", max_length=40, blank=True)
    state = models.CharField("état", max_length=10, choices=State, default=State.OPEN)
    until = models.DateField("jusqu’au", null=True, blank=True)
    note = models.TextField("note", blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="traité par",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    settled_at = models.DateTimeField("traité le", null=True, blank=True)
    first_seen_at = models.DateTimeField("vu la première fois", auto_now_add=True)

    objects = ConflictQuerySet.as_manager()

    class Meta:
        verbose_name = "conflit"
        verbose_name_plural = "conflits"
        ordering = ["-establishments", "agreement"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "ours", "theirs"], name="one_row_per_conflict")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} : {self.ours_id} ici, {self.theirs_id} dans la table"

    def get_absolute_url(self) -> str:
        return reverse("agreement", args=[self.agreement_id])

    @classmethod
    def waiting(cls, on: date) -> Q:
        """The condition of those that wait for somebody that day."""
        put_off = Q(state__in=[cls.State.POSTPONED, cls.State.KEPT], until__lte=on)
        return Q(state=cls.State.OPEN) | put_off

    def waits(self, on: date) -> bool:
        """Whether somebody is to look at it that day."""
        if self.state in (self.State.POSTPONED, self.State.KEPT):
            return self.until is not None and self.until <= on
        return self.state == self.State.OPEN
