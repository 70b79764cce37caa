"""A second opinion on an establishment: what other engines say, beside the portal's answer."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import redis
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

from branches.clients import cfa_dock, france_competences
from branches.clients.opinions import Opinion
from branches.lookup import Answer, OpcoFact, Reference
from branches.models import Disagreement
from branches.tasks import keep_disagreement
from opco_portal.french import of, plain, typeset
from opco_portal.upstream import Dated, Deadline, Look, Pace, Question, key_of

logger = logging.getLogger(__name__)

DAY = 24 * 3600
MONTH = 30 * DAY

# agrees and disagrees: with the portal; adds: the portal names no OPCO, or only one that an activity suggests;
# silent: the engine names none that the portal knows; failed: it did not answer; pending: not yet; unasked: the
# portal does not ask it.
Verdict = Literal["agrees", "disagrees", "adds", "silent", "failed", "pending", "unasked"]


@dataclass(frozen=True)
class Engine:
    """Another engine: how it is asked, and the page where people ask it, the SIRET filled in where it can be."""

    code: str
    name: str
    page: str
    filled_in: bool
    is_configured: Callable[[], bool]
    question: Callable[[str], Question[Opinion]]
    authority: str  # what its answer is worth when it differs

    def page_for(self, siret: str) -> str:
        return f"{self.page}{siret}" if self.filled_in else self.page


ENGINES = (
    Engine(
        code=Disagreement.Engine.FRANCE_COMPETENCES,
        name="France compétences",
        page="https://quel-est-mon-opco.francecompetences.fr/?siret=",
        filled_in=True,
        is_configured=france_competences.is_configured,
        question=france_competences.opinion,
        authority="France compétences tient la table officielle, et sa réponse du jour est plus récente que le "
        "millésime de ce portail : l’établissement a pu changer d’OPCO depuis.",
    ),
    Engine(
        code=Disagreement.Engine.CFA_DOCK,
        name="CFA Dock",
        page="https://www.cfadock.fr/Home/SearchOpco",
        filled_in=False,
        is_configured=cfa_dock.is_configured,
        question=cfa_dock.opinion,
        authority="CFA Dock n’est pas la source officielle, mais les centres de formation d’apprentis s’en servent : "
        "un dossier déposé d’après sa réponse peut être refusé.",
    ),
)


@dataclass(frozen=True)
class Heard:
    """What one engine says, and what it means beside the portal's answer; `page` is where to ask it oneself."""

    engine: Engine
    page: str
    verdict: Verdict
    sentence: str
    advice: str = ""
    opco: OpcoFact | None = None
    idcc: str = ""
    told: Dated[Opinion] | None = None


def second_opinions(
    siret: str, found: Answer, current: Reference, visitor: Pace | None = None
) -> list[Heard]:
    """Every engine's word on an establishment, as far as it is known at a glance."""
    questions = [engine.question(siret) if engine.is_configured() else None for engine in ENGINES]
    for question in filter(None, questions):
        question.start(visitor)  # all of them, before any is waited for
    glance = Deadline(settings.UPSTREAM_GLANCE)
    return [
        _heard(engine, siret, question.look(visitor, glance=glance) if question else None, found, current)
        for engine, question in zip(ENGINES, questions, strict=True)
    ]


def _heard(
    engine: Engine, siret: str, look: Look[Opinion] | None, found: Answer, current: Reference
) -> Heard:
    page = engine.page_for(siret)
    if look is None:
        return Heard(engine, page, "unasked", typeset("Ce portail ne l’interroge pas."))
    if look.answer is None:
        if look.pending:
            return Heard(engine, page, "pending", typeset("Réponse en cours…"))
        return Heard(engine, page, "failed", _failure(look.busy))
    told = look.answer.value
    opco = opco_of(told.label, current) if told.label else None
    if told.label and opco is None:
        _log_once(engine, told.label)
    verdict, sentence, advice = _compared(engine, told, opco, found)
    return Heard(engine, page, verdict, sentence, advice, opco, told.idcc, look.answer)


def _failure(busy: bool) -> str:
    why = "Trop de demandes en ce moment" if busy else "Pas de réponse en ce moment"
    return typeset(f"{why} : posez-lui la question directement.")


def _compared(
    engine: Engine, told: Opinion, opco: OpcoFact | None, found: Answer
) -> tuple[Verdict, str, str]:
    """The verdict, what the engine says, and what to do about it."""
    if opco is None:
        return "silent", _without_opco(told), ""
    said = typeset(f"Donne {opco.name}{_NUANCES.get(told.standing, '')}.")
    ours = {fact.slug for one in found.candidates for fact in (one.opco, one.manager) if fact}
    if opco.slug in ours:
        return "agrees", said, ""
    if not ours or found.candidates[0].confidence == "indicative":
        return "adds", said, typeset(f"Vérifiez auprès {of(opco.name)} avant de déposer un dossier.")
    best = found.candidates[0].opco
    call = (
        f"Demandez confirmation à {best.name} et à {opco.name}, avec le SIRET, avant de déposer un dossier."
    )
    return "disagrees", said, typeset(f"{engine.authority} {call}")


_NUANCES = {
    "claimed": ", qui revendique l’établissement",
    "declared": ", d’après les seules déclarations",
}
_SILENCES = {
    "unnamed": "Connaît l’établissement, sans dire quel est son OPCO.",
    "several": "Trouve plusieurs OPCO possibles, sans trancher.",
    "unknown": "Ne connaît pas cet établissement.",
}


def _without_opco(told: Opinion) -> str:
    if told.label:
        return typeset(
            f"Répond « {told.label} », un nom que ce portail ne sait rattacher à aucun des onze OPCO."
        )
    return typeset(_SILENCES.get(told.standing, _SILENCES["unnamed"]))


def opco_of(label: str, current: Reference) -> OpcoFact | None:
    """The OPCO that a label means: every engine writes the eleven names in its own way."""
    wanted = _letters(label)
    for opco in current.opcos.values():
        name = _letters(opco.name)
        if wanted in (name, _letters(opco.slug)) or (len(name) > 3 and wanted.startswith(name)):
            return opco
    return None


def _letters(label: str) -> str:
    """« OPCO SANTÉ », « L'OPCOMMERCE »: letters and digits alone, without the words that some leave out."""
    return re.sub("^l?opco", "", "".join(filter(str.isalnum, plain(label))))


# -------------------------------------------------------------------------------------------- what is kept of it
def keep_disagreements(siret: str, heard: list[Heard], found: Answer) -> None:
    """Leave the disagreements to the worker to keep, each once a day; nobody waits for it, and no page fails by it."""
    for one in heard:
        if one.verdict != "disagrees" or one.opco is None or one.told is None:
            continue
        ours = found.candidates[0]
        if not _first_time(f"disagreement {siret} {one.engine.code} {ours.opco.slug} {one.opco.slug}", DAY):
            continue
        message = {
            "siret": int(siret),
            "engine": one.engine.code,
            "opco": ours.opco.slug,
            "other": one.opco.slug,
            "said_at": one.told.at.isoformat(),
            "source": ours.source.name,
            "vintage": ours.source.vintage,
        }
        try:
            keep_disagreement.apply_async(kwargs=message, retry=False)
        except OperationalError as error:
            logger.warning("a disagreement about %s was not kept: %s", siret, error)


def _log_once(engine: Engine, label: str) -> None:
    if _first_time(f"label {engine.code} {label}", MONTH):
        logger.warning("%s names an unknown OPCO: %r", engine.name, label)


def _first_time(name: str, seconds: int) -> bool:
    """Whether no process met this in so many seconds; when the cache is out, every time is a first."""
    try:
        return bool(cache.add(key_of(name), 1, timeout=seconds))
    except redis.RedisError:
        return True
