"""The documentation of what `data.py` returns and `parameters.py` takes; null is "not published" or "not told"."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from branches.api.serializers import OpcoNameSerializer
from financing.calculator.terms import (
    Action,
    Basis,
    Circuit,
    Confidence,
    Cost,
    Eligibility,
    Kind,
    Modality,
    Place,
    Scheme,
    Term,
    Territory,
    Unit,
)
from financing.limits import CODE_LENGTH, LIMITS


def term(terms: Iterable[Term], *, null: bool = False, help_text: str = "") -> serializers.ChoiceField:
    """One of the terms, whose labels the documentation gives."""
    return serializers.ChoiceField(
        choices=[(each.value, each.label) for each in terms],
        allow_null=null,
        required=not null,
        help_text=help_text,
    )


def terms_list(terms: Iterable[Term], help_text: str) -> serializers.ListField:
    return serializers.ListField(child=term(terms), help_text=help_text)


def texts(help_text: str = "") -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text)


def money(help_text: str = "", *, null: bool = True) -> serializers.DecimalField:
    """An amount that is answered: a text with two decimals."""
    return serializers.DecimalField(
        max_digits=None, decimal_places=2, coerce_to_string=True, allow_null=null, help_text=help_text
    )


def asked(name: str, help_text: str) -> serializers.Field:
    """A number that is asked, of the field `name` of a project."""
    least, most, places = LIMITS[name]
    options: dict[str, Any] = {"required": False, "allow_null": True, "help_text": help_text}
    if not places:
        return serializers.IntegerField(min_value=int(least), max_value=int(most), **options)
    return serializers.DecimalField(
        max_digits=None, decimal_places=places, min_value=least, max_value=most, **options
    )


# ------------------------------------------------------------------------------------------------ what is asked
class ProjectSerializer(serializers.Serializer):
    """Qui demande et ce qui est à financer. Les montants sont en euros hors taxes, pour tout le projet."""

    opco = serializers.CharField(required=False, help_text="identifiant de l’OPCO, par exemple atlas")
    siret = serializers.CharField(
        required=False, help_text="14 chiffres ; donne l’OPCO et la convention de l’établissement"
    )
    idcc = serializers.CharField(required=False, help_text="4 chiffres ; donne l’OPCO s’il n’est pas dit")
    headcount = asked("headcount", "salariés de toute l’entreprise")
    trainees = asked("trainees", "personnes formées, 1 sans précision")
    hours = asked("hours", "durée en heures, pour chaque personne")
    days = asked("days", "durée en jours ; sans elle, 7 h font un jour")
    months = asked("months", "durée d’un contrat, d’un tutorat ou d’un accompagnement")
    pedagogical_cost = asked("pedagogical", "coût de la formation")
    transport_cost = asked("transport", "coût des trajets")
    lodging_cost = asked("lodging", "coût de l’hébergement")
    meals_cost = asked("meals", "coût des repas")
    nights = asked("nights", "nuits, toutes personnes comprises")
    meal_count = asked("meal_count", "repas, toutes personnes comprises")
    kilometres = asked("kilometres", "kilomètres, toutes personnes comprises")
    hourly_wage = asked("hourly_wage", "salaire d’une heure, charges comprises, pour compter les salaires")
    modality = term(Modality, null=True)
    training_kind = term(Kind, null=True)
    territory = term(Territory, null=True, help_text="où est l’entreprise")
    place = term(Place, null=True, help_text="où a lieu la formation")
    action = term(Action, null=True, help_text="formation sans précision")
    start_date = serializers.DateField(required=False, allow_null=True, help_text="début de la formation")
    certification = serializers.CharField(
        required=False, allow_null=True, max_length=CODE_LENGTH, help_text="code visé, par exemple RNCP37674"
    )
    already_used = asked("already_used", "ce que l’OPCO a déjà financé cette année")
    on = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="jour dont les règles s’appliquent ; sans lui, celui du début, sinon aujourd’hui",
    )


# ------------------------------------------------------------------------------------------------ what is answered
class AskerSerializer(serializers.Serializer):
    opco = OpcoNameSerializer()
    idcc = serializers.CharField(allow_null=True)
    title = serializers.CharField(help_text="titre de la convention")
    siret = serializers.CharField(allow_null=True)


class LineSerializer(serializers.Serializer):
    cost = term([each for each in Cost if each not in (Cost.ANCILLARY, Cost.ALL)])
    label = serializers.CharField()  # type: ignore[assignment]  # the stubs know Field.label only
    asked = money("ce que cela coûte", null=False)
    financed = money("null : non publié, ou aucune règle n’en parle")
    remaining = money()
    rule = serializers.CharField(allow_null=True, help_text="code de la règle appliquée")
    explanation = serializers.CharField(help_text="le calcul, en une phrase")
    source_url = serializers.CharField(allow_null=True)


class BiteSerializer(serializers.Serializer):
    text = serializers.CharField(help_text="le plafond atteint")
    lost = money("ce qu’il a retiré", null=False)


class ShareSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = money()
    at_least = serializers.BooleanField(help_text="le montant publié est un minimum garanti")
    used = money("ce que l’option en prend", null=False)
    left = money("ce qu’il en reste cette année")


class FundsSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["open", "exhausted"])
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True, help_text="ce jour compris")
    note = serializers.CharField()
    source_url = serializers.CharField()


class PaymentSerializer(serializers.Serializer):
    circuit = term(Circuit)
    text = serializers.CharField()
    source_url = serializers.CharField()


class RuleSourceSerializer(serializers.Serializer):
    rule = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    quote = serializers.CharField(help_text="ce que dit la page, à la lettre")
    verified_on = serializers.DateField(allow_null=True)
    confidence = term(Confidence)


class OptionSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="stable : le dispositif, et la règle s’il a plusieurs options")
    scheme = term(Scheme)
    variant = serializers.CharField(help_text="ce à quoi elle est réservée, ou qui la distingue")
    label = serializers.CharField()  # type: ignore[assignment]
    eligibility = term(Eligibility)
    reasons = texts("ce qui est à vérifier, ou pourquoi non")
    lines = LineSerializer(many=True)
    asked = money(null=False)
    financed = money("null dès qu’une ligne n’est pas publiée")
    remaining = money("reste à charge")
    financed_at_least = money("somme des lignes publiées", null=False)
    remaining_at_most = money(null=False)
    ceilings = BiteSerializer(many=True, help_text="les plafonds atteints")
    conditions = texts()
    cautions = texts("contradictions ou lacunes des sources")
    envelopes = ShareSerializer(many=True, help_text="les budgets dont elle est payée")
    funds = FundsSerializer(allow_null=True, help_text="ce qu’une page dit de son budget ce jour-là")
    combines = texts("les codes de ce qu’elle additionne, quand les règles le permettent")
    deadline = serializers.CharField(allow_null=True, help_text="quand déposer la demande")
    payment = PaymentSerializer(allow_null=True)
    sources = RuleSourceSerializer(many=True)
    verified_on = serializers.DateField(allow_null=True, help_text="jour où son plus ancien chiffre a été lu")
    confidence = term(Confidence, null=True, help_text="celle de son chiffre le moins sûr")


class RejectionSerializer(serializers.Serializer):
    rule = serializers.CharField()
    scheme = term(Scheme)
    label = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()


class MissingSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="le champ à préciser")
    text = serializers.CharField()


class EstimateSerializer(serializers.Serializer):
    on = serializers.DateField(help_text="jour dont les règles s’appliquent")
    asker = AskerSerializer()
    project = ProjectSerializer(help_text="ce qui a été compris ; se renvoie tel quel")
    options = OptionSerializer(many=True, help_text="de celle qui laisse le moins à payer à l’autre")
    rejected = RejectionSerializer(many=True)
    missing = MissingSerializer(many=True)
    messages = texts()
    notice = serializers.CharField()


# ------------------------------------------------------------------------------------------------ rules
class SpanSerializer(serializers.Serializer):
    min = serializers.IntegerField(allow_null=True)
    max = serializers.IntegerField(allow_null=True, help_text="compris")


class HoursSerializer(serializers.Serializer):
    min = serializers.CharField(allow_null=True, help_text="nombre décimal")
    max = serializers.CharField(allow_null=True, help_text="compris")


class TierSerializer(serializers.Serializer):
    measure = serializers.ChoiceField(choices=["hours", "months", "euros"])
    start = serializers.CharField(help_text="exclu, sauf 0")
    end = serializers.CharField(allow_null=True, help_text="compris")
    rate = serializers.CharField(allow_null=True)
    amount = money()
    extra = money("pour chaque mois au-delà du début de la tranche")
    percent = serializers.CharField(allow_null=True)


class CeilingSerializer(serializers.Serializer):
    amount = money(null=False)
    per = serializers.ChoiceField(choices=["person", "action", "company", "day"])
    period = serializers.ChoiceField(choices=["action", "year"], allow_null=True)


class EnvelopeSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = money("null : non publié")
    at_least = serializers.BooleanField(help_text="un minimum garanti")
    period = serializers.ChoiceField(choices=["action", "year"], allow_null=True)
    source_url = serializers.CharField()
    funds = FundsSerializer(allow_null=True)


class RuleSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="commun aux versions successives")
    opco = serializers.CharField(allow_null=True, help_text="null : le cadre national")
    scheme = term(Scheme)
    scheme_label = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount_in_words = serializers.CharField(help_text="ce qu’elle paie, comme le disent les pages")
    idccs = texts("vide : toutes les branches")
    excluded_idccs = texts()
    headcount = SpanSerializer()
    territory = term(Territory, null=True)
    audience = serializers.CharField(help_text="à qui elle est réservée, quand cela ne se calcule pas")
    training_kinds = terms_list(Kind, "vide : tous")
    topic = serializers.CharField(help_text="les mots de la branche")
    modalities = terms_list(Modality, "vide : toutes")
    places = terms_list(Place, "vide : tous")
    duration_hours = HoursSerializer()
    group = SpanSerializer(help_text="nombre de stagiaires")
    cost = term(Cost)
    basis = term(Basis)
    rate = serializers.CharField(allow_null=True, help_text="null : non publié")
    rate_max = serializers.CharField(
        allow_null=True, help_text="le haut d’une fourchette, dont rate est le bas"
    )
    unit = term(Unit, null=True)
    per = serializers.ChoiceField(choices=["person", "group"])
    percent = serializers.CharField(allow_null=True)
    percent_of = serializers.ChoiceField(choices=["cost", "pedagogical"])
    max_units = serializers.CharField(allow_null=True)
    max_persons = serializers.IntegerField(allow_null=True)
    tiers = TierSerializer(many=True)
    ceilings = CeilingSerializer(many=True)
    within_pedagogical = serializers.BooleanField(help_text="pas plus que les coûts pédagogiques financés")
    complements = terms_list(Scheme, "dispositifs auxquels elle s’ajoute")
    alone = serializers.BooleanField(help_text="false : ne s’obtient qu’avec ce qu’elle complète")
    envelope = EnvelopeSerializer(allow_null=True)
    requires = texts("à vérifier par l’entreprise")
    conditions = texts()
    cautions = texts()
    valid_from = serializers.DateField(allow_null=True, help_text="null : non publié")
    valid_until = serializers.DateField(allow_null=True, help_text="dernier jour, compris")
    source_url = serializers.CharField()
    quote = serializers.CharField()
    article = serializers.CharField()
    verified_on = serializers.DateField(allow_null=True)
    confidence = term(Confidence)


class RulePageSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True, help_text="adresse de la page suivante")
    previous = serializers.CharField(allow_null=True)
    results = RuleSerializer(many=True)
