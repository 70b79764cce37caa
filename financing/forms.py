"""What a visitor tells of a company and of a training. The address is the form: what it leaves out has its default."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from branches.evidence import reference
from branches.lookup import Reference
from financing.askers import Asker, Unknown, asker
from financing.calculator import Project
from financing.calculator.terms import Action, Kind, Modality, Place, Territory
from financing.fields import DayField, DurationField, NumberField, TermField
from financing.limits import CODE_LENGTH, LIMITS
from opco_portal.french import plain

# The fields of the calculator's project, by their names in addresses.
NAMES = {
    "opco": "opco",
    "idcc": "idcc",
    "salaries": "headcount",
    "action": "action",
    "type": "kind",
    "modalite": "modality",
    "territoire": "territory",
    "lieu": "place",
    "personnes": "trainees",
    "heures": "hours",
    "jours": "days",
    "mois": "months",
    "cout": "pedagogical",
    "transport": "transport",
    "hebergement": "lodging",
    "repas": "meals",
    "salaire": "hourly_wage",
    "nuits": "nights",
    "nombre_repas": "meal_count",
    "km": "kilometres",
    "debut": "start",
    "certification": "certification",
    "deja": "already_used",
}
# What a certification's code is made of: registers write nothing else, and no file has to cope with more.
CODE = r"^[A-Za-z0-9 ./-]*\Z"
CODE_WRONG = "Des lettres sans accent et des chiffres, par exemple RNCP37674."
# Aids are paid within what is spent too, which for these is no course.
COST_NEEDED = {
    Action.TUTORING: "Indiquez ce que le tutorat vous coûte\u202f: le temps du tuteur, salaire compris.",
    Action.APPRENTICESHIP: "Indiquez les frais à financer\u202f: repas, nuits, équipement.",
}
COSTS = ("cout", "salaire", "transport", "hebergement", "repas")
# What few people fill in, folded until it is.
MORE = (
    *COSTS[1:],
    *("nuits", "nombre_repas", "km", "jours", "mois", "lieu", "territoire", "certification", "deja", "le"),
)


class QueryForm(forms.Form):
    """A form filled by an address, which need not name every field; with a number, its names end with it."""

    def __init__(self, asked: Mapping[str, str] | None = None, *, number: int = 0, **options: Any) -> None:
        self.number = number
        super().__init__(None, **options)
        if asked is not None:
            told = {name: asked.get(self.add_prefix(name), "").strip() for name in self.fields}
            self.data = {self.add_prefix(name): value for name, value in self._completed(told)}
            self.is_bound = True

    def _completed(self, told: Mapping[str, str]) -> Iterable[tuple[str, Any]]:
        for name, field in self.fields.items():
            yield name, told[name] or self.get_initial_for_field(field, name) or ""

    def add_prefix(self, field_name: str) -> str:
        return f"{field_name}_{self.number}" if self.number else field_name


class CompanyForm(QueryForm):
    """Who asks; `find_asker` tells the OPCO once the form is valid."""

    opco = forms.ChoiceField(
        label="OPCO",
        required=False,
        help_text="S’il manque, il est déduit de la convention ou du SIRET.",
        error_messages={"invalid_choice": "Choisissez un OPCO dans la liste."},
    )
    idcc = forms.CharField(
        label="Convention collective (IDCC)",
        required=False,
        max_length=10,
        help_text="4 chiffres, sur le bulletin de paie. Beaucoup de branches ont leur barème.",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"max_length": "Un IDCC compte quatre chiffres, par exemple 1486."},
    )
    siret = forms.CharField(
        label="SIRET",
        required=False,
        max_length=30,
        help_text="Facultatif. Il donne l’OPCO et la convention.",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"max_length": "Un SIRET compte 14 chiffres."},
    )
    salaries = NumberField(
        LIMITS["headcount"],
        label="Effectif",
        required=False,
        help_text="Les salariés de toute l’entreprise, tous établissements compris.",
    )
    asker: Asker

    def __init__(
        self, asked: Mapping[str, str] | None = None, *, current: Reference | None = None, **options: Any
    ) -> None:
        self.current = current or reference()
        super().__init__(asked, **options)
        opcos = sorted(self.current.opcos.values(), key=lambda opco: plain(opco.name))
        field = self.fields["opco"]
        assert isinstance(field, forms.ChoiceField)
        self.opcos = [(opco.slug, opco.name) for opco in opcos]
        field.choices = [("", "D’après la convention"), *self.opcos]

    @property
    def told(self) -> dict[str, str]:
        """What was told of the company, by the names of the form of one."""
        return {name: value for name in CompanyForm.base_fields if (value := self[name].value())}

    def find_asker(self, on: date) -> None:
        """Tell who asks that day, or what is wrong with what was given, beside its field."""
        if any(name in self.errors for name in ("opco", "idcc", "siret")):
            return
        given = {name: self.cleaned_data.get(name, "") for name in ("opco", "idcc", "siret")}
        try:
            self.asker = asker(**given, on=on, current=self.current)
        except Unknown as unknown:
            self.add_error(unknown.field, unknown.sentence)


class CourseForm(QueryForm):
    """What is to be financed."""

    action = TermField(
        Action,
        label="À financer",
        initial=Action.COURSE.value,
        help_text="Une formation, ou un bilan, une VAE, un contrat en alternance…",
    )
    type = TermField(
        Kind,
        label="Type de formation",
        required=False,
        blank="À comparer",
        help_text="Bien des branches paient chaque type à son taux.",
    )
    modalite = TermField(
        Modality,
        label="Modalité",
        initial=Modality.IN_CLASS.value,
        help_text="Où et comment la formation se suit\u202f: le taux peut en dépendre.",
    )
    personnes = NumberField(
        LIMITS["trainees"],
        label="Personnes formées",
        initial=1,
        help_text="Celles qui suivent cette formation, pas tout l’effectif.",
    )
    heures = DurationField(
        LIMITS["hours"],
        label="Durée, en heures",
        required=False,
        help_text="Pour chaque personne. Une journée compte pour 7 h.",
    )
    cout = NumberField(
        LIMITS["pedagogical"],
        label="Coût de la formation, en euros HT",
        required=False,
        help_text="Pour toutes les personnes, hors salaires et déplacements.",
    )
    debut = DayField(
        label="Début de la formation",
        required=False,
        help_text="Les règles de ce jour s’appliquent. Sans date, celles d’aujourd’hui.",
    )
    salaire = NumberField(
        LIMITS["hourly_wage"],
        label="Salaire horaire, en euros",
        required=False,
        help_text="En moyenne, charges comprises, pour compter les salaires pendant la formation.",
    )
    transport = NumberField(
        LIMITS["transport"],
        label="Transport, en euros",
        required=False,
        help_text="Pour toutes les personnes.",
    )
    km = NumberField(
        LIMITS["kilometres"],
        label="Kilomètres",
        required=False,
        help_text="Tous trajets et toutes personnes compris.",
    )
    hebergement = NumberField(
        LIMITS["lodging"],
        label="Hébergement, en euros",
        required=False,
        help_text="Pour toutes les personnes.",
    )
    nuits = NumberField(
        LIMITS["nights"], label="Nuits", required=False, help_text="Toutes personnes comprises."
    )
    repas = NumberField(
        LIMITS["meals"], label="Repas, en euros", required=False, help_text="Pour toutes les personnes."
    )
    nombre_repas = NumberField(
        LIMITS["meal_count"],
        label="Nombre de repas",
        required=False,
        help_text="Toutes personnes comprises.",
    )
    lieu = TermField(
        Place,
        label="Lieu de la formation",
        required=False,
        blank="Non précisé",
        help_text="Nuits et repas sont parfois mieux payés dans les grandes villes.",
    )
    territoire = TermField(
        Territory,
        label="Où est l’entreprise",
        required=False,
        blank="Non précisé",
        help_text="Quelques barèmes sont propres à l’outre-mer.",
    )
    jours = NumberField(
        LIMITS["days"],
        label="Durée, en jours",
        required=False,
        help_text="Si une journée ne fait pas 7 h.",
    )
    mois = NumberField(
        LIMITS["months"],
        label="Durée, en mois",
        required=False,
        help_text="Pour un contrat, un tutorat ou un accompagnement.",
    )
    certification = forms.CharField(
        label="Certification visée",
        required=False,
        max_length=CODE_LENGTH,
        help_text="Son code, comme RNCP37674 ou RS6776.",
        widget=forms.TextInput({"autocomplete": "off"}),
        validators=[RegexValidator(CODE, CODE_WRONG)],
        error_messages={"max_length": f"{CODE_LENGTH} caractères au plus, par exemple RNCP37674."},
    )
    deja = NumberField(
        LIMITS["already_used"],
        label="Budget déjà utilisé, en euros",
        required=False,
        help_text="Ce que l’OPCO vous a déjà financé cette année.",
    )
    le = DayField(
        label="Règles en vigueur le",
        required=False,
        help_text="Pour rejouer les règles d’un autre jour que celui du début.",
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not any(told.get(name) or name in self.errors for name in COSTS):
            self.add_error(
                "cout",
                COST_NEEDED.get(told.get("action", Action.COURSE), "Indiquez ce que coûte la formation."),
            )
        length = told.get("heures") or told.get("jours") or "heures" in self.errors or "jours" in self.errors
        if told.get("salaire") and not length:
            self.add_error("heures", "Indiquez la durée\u202f: les salaires se comptent par heure.")
        return told

    @property
    def day(self) -> date:
        """The day whose rules apply."""
        told: date | None = self.cleaned_data.get("le")
        start: date | None = self.cleaned_data.get("debut")
        today = timezone.localdate()  # a request is filed today at the earliest, whenever the course began
        return told or max(start or today, today)

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields that few people need."""
        return [self[name] for name in MORE]

    @property
    def is_more_told(self) -> bool:
        """One of these is filled in, or wrong."""
        return any(field.value() or field.errors for field in self.more)


class ProjectForm(CompanyForm, CourseForm):
    """A company and what it wants to have financed, in one form: `project()` once it is valid."""

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        self.find_asker(self.day)
        return told

    def project(self) -> Project:
        """The project as the calculator takes it."""
        return project_of(self, self)


def project_of(company: CompanyForm, course: CourseForm) -> Project:
    """The project of a company that told who it is, and of a training."""
    told = {NAMES.get(name): value for name, value in {**company.cleaned_data, **course.cleaned_data}.items()}
    given = {name: value for name, value in told.items() if name and value not in (None, "")}
    return Project(**{**given, "opco": company.asker.opco, "idcc": company.asker.idcc})


def corrections(*forms_: forms.Form) -> list[tuple[forms.BoundField, str]]:
    """What is wrong in these forms: each field with its sentence, in their order."""
    return [(field, str(error)) for form in forms_ for field in form for error in field.errors]


def is_asked(asked: Mapping[str, str]) -> bool:
    """Whether an address asks for an estimate, or only for a form that knows the company."""
    return any(asked.get(name) for name in CourseForm.base_fields)
