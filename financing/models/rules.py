"""What one page says an OPCO pays, for whom and since when."""

from datetime import date, timedelta

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    DateRangeField,
    DecimalRangeField,
    IntegerRangeField,
    RangeOperators,
)
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q

from branches.models.agreements import is_idcc
from financing.calculator.terms import (
    Basis,
    Confidence,
    Cost,
    Kind,
    Modality,
    Place,
    Scheme,
    Territory,
    Unit,
)
from financing.models.envelopes import Envelope
from financing.models.origin import Origin
from financing.models.shared import has_a_source, one_of, payer, some_of, terms

COUNTED = [Basis.HOURLY.value, Basis.DAILY.value, Basis.FLAT.value]
WITHOUT_AMOUNT = [Basis.EXCLUDED.value, Basis.UNPUBLISHED.value]


class Per(models.TextChoices):
    """Whether a rate is paid for each trainee or once."""

    PERSON = "person", "par personne"
    GROUP = "group", "pour le groupe"


class PercentOf(models.TextChoices):
    """What a percentage is of."""

    COST = "cost", "du coût"
    PEDAGOGICAL = "pedagogical", "des coûts pédagogiques financés"


ONE_TERM = {
    "scheme": Scheme,
    "cost": Cost,
    "basis": Basis,
    "per": Per,
    "percent_of": PercentOf,
    "confidence": Confidence,
    "origin": Origin,
}
ONE_TERM_OR_NONE = {"territory": Territory, "unit": Unit}
TERMS = {"kinds": Kind, "modalities": Modality, "places": Place, "complements": Scheme}


def always() -> DateRange:
    """Since and until nobody knows when."""
    return DateRange(None, None, "()")


def codes(verbose_name: str, help_text: str = "") -> ArrayField:
    """A list of IDCC."""
    idcc = models.CharField(max_length=4, validators=[is_idcc])
    return ArrayField(idcc, verbose_name=verbose_name, default=list, blank=True, help_text=help_text)


def texts(verbose_name: str, help_text: str) -> ArrayField:
    """A list of sentences."""
    return ArrayField(
        models.TextField(), verbose_name=verbose_name, default=list, blank=True, help_text=help_text
    )


class RuleQuerySet(models.QuerySet["Rule"]):
    def in_force(self, on: date) -> "RuleQuerySet":
        """The versions of that day."""
        return self.filter(validity__contains=on)


@pghistory.track()
class Rule(models.Model):
    """One version of a rule (`financing.calculator.rules.Rule` says what each field means to the calculator).

    Versions share their `code`, and PostgreSQL refuses two of the same day. An amount that is NULL is not published,
    a bound that is NULL does not limit.
    """

    code = models.SlugField(
        "code",
        max_length=80,
        db_index=False,
        help_text="Les versions successives d’une règle ont le même code.",
    )
    opco = payer("rules")
    scheme = models.CharField("dispositif", max_length=20, choices=Scheme.choices)
    label = models.CharField("libellé", max_length=150)
    cost = models.CharField("coût payé", max_length=12, choices=Cost.choices)
    validity = DateRangeField(
        "période", default=always, help_text="Le premier jour compris, le dernier non. Vide : sans limite."
    )

    idccs = codes("conventions", "Codes IDCC de quatre chiffres. Aucun : toutes les branches.")
    excluded_idccs = codes("conventions exclues")
    headcount = IntegerRangeField("effectif", null=True, blank=True)
    territory = models.CharField("territoire", max_length=10, choices=Territory.choices, blank=True)
    audience = models.CharField(
        "public",
        max_length=250,
        blank=True,
        help_text="À qui la règle est réservée, quand cela ne se calcule pas : « salarié de 50 ans et plus ».",
    )

    kinds = terms("natures de formation", Kind, help_text="Aucune : toutes.")
    topic = models.CharField(
        "thème",
        max_length=250,
        blank=True,
        help_text="Les mots de la branche : « techniques de fabrication ».",
    )
    modalities = terms("modalités", Modality, help_text="Aucune : toutes.")
    places = terms("lieux", Place, max_length=10, help_text="Aucun : tous.")
    duration = DecimalRangeField("durée", null=True, blank=True, help_text="Heures de toute la formation.")
    group = IntegerRangeField("groupe", null=True, blank=True, help_text="Nombre de stagiaires.")

    basis = models.CharField("calcul", max_length=12, choices=Basis.choices)
    rate = models.DecimalField(
        "taux",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="En euros hors taxes. Vide : non publié.",
    )
    rate_max = models.DecimalField(
        "taux au plus",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Quand la source donne une fourchette, dont le taux est le bas.",
    )
    unit = models.CharField("unité", max_length=10, choices=Unit.choices, blank=True)
    per = models.CharField("payé", max_length=10, choices=Per, default=Per.PERSON)
    percent = models.DecimalField(
        "pourcentage", max_digits=6, decimal_places=3, null=True, blank=True, help_text="De 0 à 100."
    )
    percent_of = models.CharField("pourcentage de", max_length=12, choices=PercentOf, default=PercentOf.COST)
    max_units = models.DecimalField(
        "unités au plus",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Par personne et par action.",
    )
    max_persons = models.PositiveSmallIntegerField("stagiaires payés au plus", null=True, blank=True)
    tiers = models.JSONField("tranches", default=list, blank=True, encoder=DjangoJSONEncoder)
    ceilings = models.JSONField("plafonds", default=list, blank=True, encoder=DjangoJSONEncoder)
    within_pedagogical = models.BooleanField(
        "plafonné aux coûts pédagogiques",
        default=False,
        help_text="Jamais plus que les coûts pédagogiques financés.",
    )
    envelope = models.ForeignKey(
        Envelope,
        verbose_name="enveloppe",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        help_text="Le budget, commun à plusieurs règles, dont elle est payée.",
    )
    complements = terms(
        "s’ajoute à",
        Scheme,
        max_length=20,
        help_text="Dispositifs auxquels la source dit que ce financement s’ajoute.",
    )
    alone = models.BooleanField(
        "vaut seule", default=True, help_text="Non : seulement en plus de ce à quoi elle s’ajoute."
    )

    requires = texts("à vérifier", "Ce que l’entreprise doit vérifier elle-même.")
    conditions = texts("conditions", "Ce qu’il faut savoir.")
    cautions = texts("réserves", "Contradictions ou lacunes des sources sur ce chiffre.")

    source_url = models.URLField("source", max_length=300)
    quote = models.CharField(
        "citation",
        max_length=160,
        blank=True,
        help_text="160 caractères au plus.",
    )
    article = models.CharField("article", max_length=100, blank=True)
    verified_on = models.DateField("vérifié le")
    confidence = models.CharField("fiabilité", max_length=20, choices=Confidence.choices)
    origin = models.CharField("origine", max_length=10, choices=Origin, default=Origin.MANUAL)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "règle"
        verbose_name_plural = "règles"
        ordering = ["code", F("validity").desc()]
        indexes = [GinIndex(fields=["idccs"], name="rules_of_an_agreement")]
        constraints = [
            ExclusionConstraint(
                name="rule_versions_do_not_overlap",
                expressions=[("code", RangeOperators.EQUAL), ("validity", RangeOperators.OVERLAPS)],
                violation_error_message=(
                    "Une autre version de cette règle couvre déjà une partie de cette période : terminez-la d’abord."
                ),
            ),
            models.CheckConstraint(
                condition=Q(validity__isempty=False),
                name="rule_is_valid_one_day",
                violation_error_message="La période ne contient aucun jour.",
            ),
            *(one_of("rule", name, known) for name, known in ONE_TERM.items()),
            *(one_of("rule", name, known, blank=True) for name, known in ONE_TERM_OR_NONE.items()),
            *(some_of("rule", name, known) for name, known in TERMS.items()),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__isempty": False}),
                    name=f"rule_{name}_is_not_empty",
                    violation_error_message="Ces bornes ne laissent aucune valeur.",
                )
                for name in ("headcount", "duration", "group")
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__startswith__isnull": True})
                    | Q(**{f"{name}__startswith__gte": 0}),
                    name=f"rule_{name}_is_not_negative",
                    violation_error_message="Ces bornes ne sont pas négatives.",
                )
                for name in ("headcount", "duration", "group")
            ),
            models.CheckConstraint(
                condition=~Q(idccs__overlap=F("excluded_idccs")),
                name="rule_excludes_none_of_its_branches",
                violation_error_message="Une même convention ne peut pas être visée et exclue.",
            ),
            models.CheckConstraint(
                condition=Q(alone=True) | ~Q(complements=[]),
                name="rule_adds_to_something",
                violation_error_message="Une règle qui ne vaut pas seule dit à quoi elle s’ajoute.",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": 0}),
                    name=f"rule_{name}_is_positive",
                    violation_error_message="Un nombre inconnu reste vide : zéro voudrait dire que rien n’est payé.",
                )
                for name in ("rate", "rate_max", "max_units", "max_persons")
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100),
                name="rule_percent_is_a_percentage",
                violation_error_message="Un pourcentage va de 0, exclu, à 100.",
            ),
            models.CheckConstraint(
                condition=Q(rate_max__isnull=True) | Q(rate__isnull=False, rate_max__gt=F("rate")),
                name="rule_range_goes_up",
                violation_error_message="Le haut d’une fourchette dépasse son bas.",
            ),
            models.CheckConstraint(
                condition=~Q(basis__in=COUNTED) | Q(rate__isnull=False) | ~Q(tiers=[]),
                name="rule_has_a_rate",
                violation_error_message=(
                    "Ce calcul demande un taux ou des tranches ; si personne ne les publie, choisissez "
                    "« montant non publié »."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.PERCENT.value) | Q(percent__isnull=False) | ~Q(tiers=[]),
                name="rule_has_a_percentage",
                violation_error_message="Ce calcul demande un pourcentage ou des tranches.",
            ),
            models.CheckConstraint(
                condition=~Q(basis__in=WITHOUT_AMOUNT)
                | Q(rate__isnull=True, rate_max__isnull=True, percent__isnull=True, tiers=[], ceilings=[]),
                name="rule_without_amount_has_none",
                violation_error_message="Une règle qui ne paie rien, ou dont le montant n’est pas publié, n’en a pas.",
            ),
            models.CheckConstraint(
                condition=Q(rate__isnull=True) | ~Q(unit=""),
                name="rule_rate_has_a_unit",
                violation_error_message="Un taux demande son unité.",
            ),
            models.CheckConstraint(
                condition=(~Q(basis=Basis.HOURLY.value) | Q(unit__in=["", Unit.HOUR.value]))
                & (~Q(basis=Basis.DAILY.value) | Q(unit__in=["", Unit.DAY.value])),
                name="rule_unit_fits_its_basis",
                violation_error_message="Un calcul par heure se compte en heures, un calcul par jour en jours.",
            ),
            has_a_source("rule", "Une règle demande l’adresse https de la page qui la publie."),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.code})"

    @property
    def since(self) -> date | None:
        """The first day, None where nobody says it: what tells the versions of a code apart."""
        day: date | None = self.validity.lower
        return day

    @property
    def until(self) -> date | None:
        """The last day, None for as long as nothing ends it."""
        end: date | None = self.validity.upper
        return end and end - timedelta(days=1)
