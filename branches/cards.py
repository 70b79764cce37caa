"""What the dashboard of the administration says of the reference."""

from datetime import date, timedelta

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from branches import attention
from branches.filters import Attention
from branches.freshness import freshness
from branches.models import Agreement, Attachment, Conflict, Disagreement
from opco_portal.french import day, percent, plural
from opco_portal.identifiers import format_siret
from opco_portal.staff.dashboard import Card, Example, card, counted, sample
from opco_portal.staff.lists import list_url, page_url
from opco_portal.sync.models import Source


def attention_url(model: type[Model], value: str) -> str:
    """The list of a model, narrowed down by one of `branches.filters`."""
    return list_url(model, **{Attention.parameter_name: value})


@card(Conflict, order=10)
def conflicts(request: HttpRequest) -> Card:
    total, rows = sample(attention.conflicts(timezone.localdate()))
    return counted(
        total,
        Card(
            title="conflit à trancher" if total == 1 else "conflits à trancher",
            sentence="La table SIRET-OPCO contredit une décision du portail, un arrêté ou une majorité passée. "
            "Acceptez-la, gardez notre réponse, ou remettez à plus tard.",
            url=list_url(Conflict),
            link="Trancher les conflits",
            tone="alert",
            examples=[
                Example(
                    str(row.agreement),
                    page_url(row),
                    f"{row.ours} ici, {row.theirs} dans la table ({percent(row.share)})",
                )
                for row in rows
            ],
            fine="aucun conflit",
        ),
    )


@card(Attachment, order=20)
def ending_decisions(request: HttpRequest) -> Card:
    today = timezone.localdate()
    total, rows = sample(attention.ending(today))
    return counted(
        total,
        Card(
            title="décision bientôt terminée" if total == 1 else "décisions bientôt terminées",
            sentence=f"Elles s’arrêtent dans les {attention.ENDS_WITHIN.days} jours : ensuite, la table ou l’arrêté "
            "répond de nouveau. Prolongez celles qui valent encore.",
            url=attention_url(Attachment, "fin-proche"),
            link="Voir ces décisions",
            examples=[
                Example(f"{row.agreement} → {row.opco}", page_url(row), _last_day(row.validity.upper))
                for row in rows
            ],
            fine="aucune décision près de sa fin",
        ),
    )


def _last_day(end: date) -> str:
    """A period ends the day before the first day that is no longer part of it."""
    return f"jusqu’au {day(end - timedelta(days=1))}"


@card(Agreement, order=30)
def without_majority(request: HttpRequest) -> Card:
    total, rows = sample(attention.without_majority(timezone.localdate()))
    return counted(
        total,
        Card(
            title="convention sans OPCO majoritaire" if total == 1 else "conventions sans OPCO majoritaire",
            sentence="Aucun OPCO n’y réunit 90 % des établissements : le visiteur reçoit plusieurs réponses. "
            "Décidez là où une source permet de le faire.",
            url=attention_url(Agreement, "sans-majorite"),
            link="Voir ces conventions",
            examples=[
                Example(
                    str(row),
                    page_url(row),
                    f"{percent(row.largest)} au plus, {plural(row.covered, 'établissement')}",  # type: ignore[attr-defined]
                )
                for row in rows
            ],
            fine="chaque convention a un OPCO majoritaire",
        ),
    )


@card(Agreement, order=40)
def without_title(request: HttpRequest) -> Card:
    total, rows = sample(attention.without_title())
    return counted(
        total,
        Card(
            title="convention sans titre" if total == 1 else "conventions sans titre",
            sentence="Aucune source officielle ne les nomme : on ne les trouve que par leur numéro. "
            "Donnez un titre à celles que vous connaissez.",
            url=attention_url(Agreement, "sans-titre"),
            link="Voir ces conventions",
            examples=[
                Example(
                    f"IDCC {row.idcc}",
                    page_url(row),
                    plural(row.covered, "établissement") if row.covered else "",  # type: ignore[attr-defined]
                )
                for row in rows
            ],
            fine="toutes les conventions ont un titre",
        ),
    )


@card(Disagreement, order=50)
def disagreements(request: HttpRequest) -> Card:
    total, rows = sample(attention.unsettled())
    return counted(
        total,
        Card(
            title="désaccord à regarder" if total == 1 else "désaccords à regarder",
            sentence="Un autre moteur nomme un autre OPCO que le portail pour un établissement. "
            "Comparez leurs réponses du jour, puis dites ce qu’il en est.",
            url=list_url(Disagreement),
            link="Voir ces désaccords",
            examples=[
                Example(
                    format_siret(row.siret),
                    page_url(row),
                    f"{row.opco} ici, {row.other} chez {row.get_engine_display()}",
                )
                for row in rows
            ],
            fine="aucun désaccord avec les autres moteurs",
        ),
    )


@card(Source, order=60)
def stale_sources(request: HttpRequest) -> Card:
    stale = [each for each in freshness(timezone.localdate()) if each.warning]
    return counted(
        len(stale),
        Card(
            title="source ancienne" if len(stale) == 1 else "sources anciennes",
            sentence="Ce que le portail sert a vieilli, et les visiteurs en sont prévenus. "
            "Lancez une synchronisation, ou lisez pourquoi la dernière n’a rien publié.",
            url=list_url(Source),
            link="Voir les sources",
            examples=[
                Example(each.source.name, page_url(each.source), each.source.vintage) for each in stale
            ],
            fine="aucune source ancienne",
        ),
    )
