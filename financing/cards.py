"""What the dashboard of the administration says of the financing rules."""

from django.http import HttpRequest
from django.utils import timezone

from branches.cards import attention_url
from financing import attention
from financing.models import FundsStatus, Rule, SourcePage
from financing.preview import funds_in_words
from financing.words import amount_of, payer_of
from opco_portal.french import day, typeset
from opco_portal.staff.dashboard import Card, Example, card, counted, sample
from opco_portal.staff.lists import page_url


@card(Rule, order=70)
def expiring(request: HttpRequest) -> Card:
    total, rows = sample(attention.expiring(timezone.localdate()).select_related("envelope"))
    return counted(
        total,
        Card(
            title="règle qui expire sous 30 jours" if total == 1 else "règles qui expirent sous 30 jours",
            sentence="Aucune version ne les suit : les estimations ne compteront plus sur elles. Cherchez les nouveaux "
            "critères, et faites-en une nouvelle version.",
            url=attention_url(Rule, "fin-proche"),
            link="Voir ces règles",
            examples=[
                Example(typeset(row.label), page_url(row), f"{payer_of(row)}, jusqu’au {day(row.until)}")
                for row in rows
                if row.until
            ],
            fine="aucune règle près de sa fin",
        ),
    )


@card(Rule, order=80)
def stale(request: HttpRequest) -> Card:
    total, rows = sample(attention.stale(timezone.localdate()).select_related("envelope"))
    return counted(
        total,
        Card(
            title="chiffre vérifié il y a plus de six mois"
            if total == 1
            else "chiffres vérifiés il y a plus de six mois",
            sentence="Relisez-les sur leurs pages : marquez comme vérifiés ceux qui n’ont pas changé, et faites des "
            "autres une nouvelle version.",
            url=attention_url(Rule, "chiffres-anciens"),
            link="Voir ces règles",
            examples=[
                Example(
                    typeset(row.label), page_url(row), f"{amount_of(row)}, vérifié le {day(row.verified_on)}"
                )
                for row in rows
            ],
            fine="chaque chiffre vérifié depuis moins de six mois",
        ),
    )


@card(SourcePage, order=90)
def failing_pages(request: HttpRequest) -> Card:
    total, rows = sample(attention.failing_pages())
    return counted(
        total,
        Card(
            title="page source qui ne répond plus" if total == 1 else "pages sources qui ne répondent plus",
            sentence="Deux vérifications de suite ont échoué. Ouvrez la page : si elle a changé d’adresse, corrigez la "
            "source des règles qui la citent.",
            url=attention_url(SourcePage, "en-echec"),
            link="Voir ces pages",
            examples=[Example(row.url, page_url(row), row.told) for row in rows],
            fine="toutes les pages sources répondent",
        ),
    )


@card(FundsStatus, order=100)
def exhausted(request: HttpRequest) -> Card:
    total, rows = sample(attention.exhausted(timezone.localdate()))
    return counted(
        total,
        Card(
            title="enveloppe aux fonds épuisés" if total == 1 else "enveloppes aux fonds épuisés",
            sentence="Les estimations n’y comptent plus. Rouvrez celles dont la page annonce de nouveaux fonds.",
            url=attention_url(FundsStatus, "epuises"),
            link="Voir ces fonds",
            examples=[
                Example(
                    typeset(row.envelope.label),
                    page_url(row.envelope),
                    f"{payer_of(row.envelope)}, {funds_in_words(row)}",
                )
                for row in rows
            ],
            fine="aucun fonds épuisé déclaré",
        ),
    )
