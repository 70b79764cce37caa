"""The words of the rules: what each term means, and what people read for it."""

from enum import StrEnum


class Term(StrEnum):
    """A term with its French label, which is what people read."""

    label: str

    def __new__(cls, value: str, label: str) -> "Term":
        term = str.__new__(cls, value)
        term._value_ = value
        term.label = label
        return term

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """The terms as a form or a column of a table takes them."""
        return [(term.value, term.label) for term in cls]


class Scheme(Term):
    """Who pays, and for what (dispositif)."""

    PLAN = "pdc", "Plan de développement des compétences"
    CONVENTIONAL = "conventional", "Fonds conventionnels de branche"
    VOLUNTARY = "voluntary", "Versement volontaire"
    FSE = "fse", "Cofinancement européen (FSE+)"
    AFEST = "afest", "Formation en situation de travail (AFEST)"
    VAE = "vae", "Validation des acquis de l’expérience (VAE)"
    ASSESSMENT = "bilan_competences", "Bilan de compétences"
    RECONVERSION = "reconversion", "Période de reconversion"
    WORK_STUDY = "contrat_pro", "Contrat de professionnalisation"
    APPRENTICESHIP = "apprentissage", "Apprentissage"
    TUTORING = "tutorat", "Exercice du tutorat"
    TUTOR_TRAINING = "formation_tuteur", "Formation de tuteur ou de maître d’apprentissage"
    DIAGNOSIS = "diagnostic", "Diagnostic et accompagnement"


class Action(Term):
    """What the company wants to have financed; each is paid by schemes of its own (`SCHEMES`)."""

    COURSE = "formation", "Une formation"
    AFEST = "afest", "Une formation en situation de travail (AFEST)"
    VAE = "vae", "Une VAE"
    ASSESSMENT = "bilan", "Un bilan de compétences"
    RECONVERSION = "reconversion", "Une période de reconversion"
    WORK_STUDY = "contrat-pro", "Un contrat de professionnalisation"
    APPRENTICESHIP = "apprentissage", "Les frais d’un contrat d’apprentissage"
    TUTORING = "tutorat", "L’exercice du tutorat"
    TUTOR_TRAINING = "formation-tuteur", "La formation d’un tuteur"
    DIAGNOSIS = "diagnostic", "Un diagnostic ou un accompagnement"


SCHEMES: dict[Action, tuple[Scheme, ...]] = {
    Action.COURSE: (Scheme.PLAN, Scheme.CONVENTIONAL, Scheme.VOLUNTARY, Scheme.FSE),
    Action.AFEST: (Scheme.AFEST,),
    Action.VAE: (Scheme.VAE,),
    Action.ASSESSMENT: (Scheme.ASSESSMENT,),
    Action.RECONVERSION: (Scheme.RECONVERSION,),
    Action.WORK_STUDY: (Scheme.WORK_STUDY,),
    Action.APPRENTICESHIP: (Scheme.APPRENTICESHIP,),
    Action.TUTORING: (Scheme.TUTORING,),
    Action.TUTOR_TRAINING: (Scheme.TUTOR_TRAINING,),
    Action.DIAGNOSIS: (Scheme.DIAGNOSIS,),
}


class Cost(Term):
    """What a rule pays. `ANCILLARY` is transport, lodging and meals as a whole, `ALL` everything."""

    PEDAGOGICAL = "pedagogical", "Coûts pédagogiques"
    WAGES = "wages", "Salaires"
    TRANSPORT = "transport", "Transport"
    LODGING = "lodging", "Hébergement"
    MEALS = "meals", "Repas"
    ANCILLARY = "ancillary", "Frais annexes"
    ALL = "all", "Tous les coûts"


# What a company can ask for, in the order in which a shared budget is spent.
ASKED = (Cost.PEDAGOGICAL, Cost.WAGES, Cost.TRANSPORT, Cost.LODGING, Cost.MEALS)
ANCILLARY = (Cost.TRANSPORT, Cost.LODGING, Cost.MEALS)


class Basis(Term):
    """How an amount is worked out."""

    ACTUAL = "actual", "au coût réel"
    HOURLY = "hourly", "par heure"
    DAILY = "daily", "par jour"
    FLAT = "flat", "au forfait"
    PERCENT = "percent", "en pourcentage"
    EXCLUDED = "excluded", "non pris en charge"  # the source says that nothing is paid
    UNPUBLISHED = "unpublished", "montant non publié"  # it is paid, and nobody publishes how much


class Unit(Term):
    """What a rate is multiplied by."""

    HOUR = "hour", "heure"
    DAY = "day", "jour"
    PERSON = "person", "personne"
    MEAL = "meal", "repas"
    NIGHT = "night", "nuit"
    KM = "km", "km"
    MONTH = "month", "mois"
    ACTION = "action", "action"


class Kind(Term):
    """The kind of training: most branches pay each at its own rate."""

    TRADE = "trade", "Métier, cœur d’activité"
    SALES = "sales", "Vente, relation client, gestion"
    TRANSVERSE = "transverse", "Transverse (bureautique, comptabilité, RH…)"
    MANAGEMENT = "management", "Management"
    DIGITAL = "digital", "Numérique"
    LANGUAGES = "languages", "Langues"
    REGULATORY = "regulatory", "Obligatoire ou réglementaire"
    SAFETY = "safety", "Hygiène, santé, sécurité"
    ECOLOGY = "ecology", "Transition écologique"
    CERTIFYING = "certifying", "Certifiante (diplôme, titre, CQP, RS)"


class Modality(Term):
    """Where and how the training takes place."""

    IN_CLASS = "in_class", "En présentiel, avec d’autres entreprises (inter)"
    IN_HOUSE = "in_house", "En présentiel, pour votre entreprise seule (intra)"
    LIVE_REMOTE = "live_remote", "En classe virtuelle"
    REMOTE = "remote", "À distance, en autonomie (FOAD)"
    INTERNAL = "internal", "En interne, avec votre propre formateur"


class Territory(Term):
    """Where the company is, for the scales that are overseas' own."""

    MAINLAND = "mainland", "Hexagone et Corse"
    OVERSEAS = "overseas", "Outre-mer"


class Place(Term):
    """Where the training takes place, for what a night or a meal is paid."""

    PARIS = "paris", "Paris et sa région"
    CITY = "city", "Grande métropole"
    ELSEWHERE = "elsewhere", "Ailleurs"


class Confidence(Term):
    """How sure a figure is, in the words of the answers."""

    EXACT = "exact", "Publié"  # read on the OPCO's own page
    BRANCH_DEPENDENT = "branch_dependent", "Selon la branche"
    INDICATIVE = "indicative", "Indicatif"  # an older page, a summary, or a range


class Eligibility(Term):
    """Whether an option is open to the company."""

    YES = "yes", "Possible"
    TO_CHECK = "to_check", "À vérifier"
    NO = "no", "Non"


class Circuit(Term):
    """Who pays the training body."""

    DIRECT = "direct", "L’OPCO paie l’organisme"
    REIMBURSED = "reimbursed", "Vous payez, l’OPCO rembourse"
    DEPENDS = "depends", "Selon l’accord de l’OPCO"
