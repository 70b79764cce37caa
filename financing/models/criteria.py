"""What an OPCO says beside its rules: where it publishes them, how to ask, how it pays."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from branches.models.text import SortKey
from financing.models.shared import has_a_source, payer
from opco_portal.french import of


class Criteria(models.Model):
    """The reference file of an OPCO, or of the national frame, without its rules and envelopes.

    The lists hold values of the calculator (Payment, ByBranch…) in plain form: they are read whole, never queried.
    """

    opco = payer("criteria", once=True)
    verified_on = models.DateField("vérifié le")
    source_url = models.URLField("page des critères", max_length=300)
    request_url = models.URLField("adresse où déposer la demande", max_length=300, blank=True)
    request_name = models.CharField("espace où déposer la demande", max_length=100, blank=True)
    deadline = models.TextField("délai de dépôt", blank=True)
    payments = models.JSONField("circuits de paiement", default=list, blank=True, encoder=DjangoJSONEncoder)
    by_branch = models.JSONField("barèmes de branche", default=list, blank=True, encoder=DjangoJSONEncoder)
    conditions = models.JSONField("conditions légales", default=list, blank=True, encoder=DjangoJSONEncoder)
    cautions = models.JSONField("réserves", default=list, blank=True, encoder=DjangoJSONEncoder)
    references = models.JSONField("valeurs légales", default=list, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = "critères de financement"
        verbose_name_plural = "critères de financement"
        ordering = [SortKey("opco__name")]
        constraints = [
            models.UniqueConstraint(fields=["opco"], nulls_distinct=False, name="one_national_frame"),
            has_a_source("criteria", "Des critères demandent l’adresse https de la page qui les publie."),
        ]

    def __str__(self) -> str:
        return f"Critères {of(self.opco.name)}" if self.opco else "Cadre national"
