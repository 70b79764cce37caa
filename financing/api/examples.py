"""Examples for the documentation: a baker's question, its answer, one of the rules that it rests on.

Tests send the question and look for the names, and the option, in what comes back.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample

PAGE = "https://www.opcoep.fr/criteres-de-financement?branche=208"
CODE = "opco-ep-pdc-0843-fabrication"
LABEL = "Boulangerie : techniques de fabrication"
QUOTE = "Moins de 50 salariés : 3 500 € HT"
VERIFIED = {"verified_on": "2026-10-06", "confidence": "exact"}

PROJECT: dict[str, Any] = {
    "idcc": "0843",
    "headcount": 8,
    "trainees": 2,
    "hours": "14",
    "pedagogical_cost": "1600.00",
    "training_kind": "trade",
    "modality": "in_class",
    "on": "2026-11-24",
}
OPTION: dict[str, Any] = {
    "code": "pdc",
    "scheme": "pdc",
    "variant": LABEL,
    "label": "Plan de développement des compétences",
    "eligibility": "yes",
    "reasons": [],
    "lines": [
        {
            "cost": "pedagogical",
            "label": "Coûts pédagogiques",
            "asked": "1600.00",
            "financed": "1400.00",
            "remaining": "200.00",
            "rule": CODE,
            "explanation": "14 h × 50 € × 2 personnes = 1 400 €",
            "source_url": PAGE,
        }
    ],
    "asked": "1600.00",
    "financed": "1400.00",
    "remaining": "200.00",
    "financed_at_least": "1400.00",
    "remaining_at_most": "200.00",
    "ceilings": [],
    "conditions": ["L’organisme doit avoir la certification Qualiopi (L6316-1)"],
    "cautions": [],
    "envelopes": [
        {
            "code": "opco-ep-pdc-0843",
            "label": "Boulangerie : budget annuel, moins de 50 salariés",
            "amount": "3500.00",
            "at_least": False,
            "used": "1400.00",
            "left": "2100.00",
        }
    ],
    "funds": None,
    "combines": [],
    "deadline": "Au moins un mois avant le début pour être sûr d’avoir une réponse.",
    "payment": {
        "circuit": "depends",
        "text": "L’accord précise si Opco EP paie l’organisme ou vous rembourse.",
        "source_url": PAGE,
    },
    "sources": [{"rule": CODE, "label": LABEL, "url": PAGE, "quote": QUOTE, **VERIFIED}],
    **VERIFIED,
}
ANSWER: dict[str, Any] = {
    "on": "2026-11-24",
    "asker": {
        "opco": {"slug": "opco-ep", "name": "Opco EP"},
        "idcc": "0843",
        "title": "Boulangerie-pâtisserie (entreprises artisanales)",
        "siret": None,
    },
    "project": {
        "opco": "opco-ep",
        "idcc": "0843",
        "headcount": 8,
        "trainees": 2,
        "hours": "14",
        "days": None,
        "months": None,
        "pedagogical_cost": "1600.00",
        "transport_cost": None,
        "lodging_cost": None,
        "meals_cost": None,
        "nights": None,
        "meal_count": None,
        "kilometres": None,
        "hourly_wage": None,
        "modality": "in_class",
        "training_kind": "trade",
        "territory": None,
        "place": None,
        "action": "formation",
        "start_date": None,
        "certification": None,
        "already_used": "0.00",
    },
    "options": [OPTION],
    "rejected": [
        {
            "rule": "opco-ep-pdc-0843-hygiene-securite",
            "scheme": "pdc",
            "label": "Boulangerie : hygiène et sécurité",
            "reason": "réservé aux formations : hygiène et sécurité",
        }
    ],
    "missing": [],
    "messages": ["Calculé pour une entreprise de l’Hexagone : outre-mer, précisez-le."],
    "notice": "Estimation ; l’OPCO décide.",
}
ANY: dict[str, Any] = {"min": None, "max": None}
RULE: dict[str, Any] = {
    "code": CODE,
    "opco": "opco-ep",
    "scheme": "pdc",
    "scheme_label": "Plan de développement des compétences",
    "label": LABEL,
    "amount_in_words": "50 €/h par personne, 14 h au plus, 3 500 € par an et par entreprise au plus",
    "idccs": ["0843"],
    "excluded_idccs": [],
    "headcount": {"min": 1, "max": 49},
    "territory": None,
    "audience": "",
    "training_kinds": ["trade"],
    "topic": "techniques de fabrication",
    "modalities": ["in_class", "in_house"],
    "places": [],
    "duration_hours": ANY,
    "group": ANY,
    "cost": "pedagogical",
    "basis": "hourly",
    "rate": "50",
    "rate_max": None,
    "unit": "hour",
    "per": "person",
    "percent": None,
    "percent_of": "cost",
    "max_units": "14",
    "max_persons": None,
    "tiers": [],
    "ceilings": [],
    "within_pedagogical": False,
    "complements": [],
    "alone": True,
    "envelope": {
        "code": "opco-ep-pdc-0843",
        "label": "Boulangerie : budget annuel, moins de 50 salariés",
        "amount": "3500.00",
        "at_least": False,
        "period": "year",
        "source_url": PAGE,
        "funds": None,
    },
    "requires": [],
    "conditions": ["Action de moins de 140 h : 3 mois au plus"],
    "cautions": [],
    "valid_from": None,
    "valid_until": None,
    "source_url": PAGE,
    "quote": QUOTE,
    "article": "",
    **VERIFIED,
}

ASKED = OpenApiExample("Un boulanger", value=PROJECT, request_only=True)
ANSWERED = OpenApiExample("Une réponse", value=ANSWER, response_only=True)
A_RULE = OpenApiExample(
    "Une page",
    value={"count": 1, "next": None, "previous": None, "results": [RULE]},
    response_only=True,
)
