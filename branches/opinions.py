"""A second opinion on an establishment: what other engines say, beside the portal's answer."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import redis
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from branches.clients import cfa_dock, france_competences
from branches.clients.opinions import Opinion
from branches.lookup import Answer, Candidate, OpcoFact, Reference, SourceFact
from branches.lookup.messages import OFFICIAL_SITE
from branches.models import Disagreement
from branches.tasks import keep_disagreement
from opco_portal.french import day, listed, of, plain, typeset
from opco_portal.upstream import Dated, Deadline, Look, Question, key_of

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
    gives: str
    home: str
    filled_in: bool  # whether its page takes a SIRET in its address
    tells_manager: bool  # whether it tells the OPCO that manages from the one that owns
    is_configured: Callable[[], bool]
    question: Callable[[str], Question[Opinion]]
    authority: str  # what its answer is worth when it differs from the portal's table
    authority_on_absent: str  # and when that table does not have the establishment

    def page_for(self, siret: str) -> str:
        return f"{self.home}?siret={siret}" if self.filled_in else self.home


ENGINES = (
    Engine(
        code=Disagreement.Engine.FRANCE_COMPETENCES,
        name="France compétences",
        gives="Un deuxième avis sur un établissement, par l’organisme qui tient la table SIRET-OPCO.",
        home=OFFICIAL_SITE,
        filled_in=True,
        tells_manager=True,
        is_configured=france_competences.is_configured,
        question=france_competences.opinion,
        authority="France compétences tient la table officielle, et sa réponse du jour est plus récente que le "
        "millésime de ce portail : l’établissement a pu changer d’OPCO depuis.",
        authority_on_absent="France compétences tient la table officielle, où ce portail n’a pas trouvé "
        "l’établissement : sa réponse l’emporte sur notre déduction.",
    ),
    Engine(
        code=Disagreement.Engine.CFA_DOCK,
        name="CFA Dock",
        gives="Un autre avis, par le moteur des centres de formation d’apprentis.",
        home="https://www.cfadock.fr/Home/SearchOpco",
        filled_in=False,
        tells_manager=False,
        is_configured=cfa_dock.is_configured,
        question=cfa_dock.opinion,
        authority="CFA Dock n’est pas la source officielle, mais les centres de formation d’apprentis s’en servent : "
        "un dossier déposé d’après sa réponse peut être refusé.",
        authority_on_absent="CFA Dock n’est pas la source officielle, et notre réponse n’est qu’une déduction.",
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


@dataclass(frozen=True)
class Own:
    """The portal's own word, beside those of the engines, and where it has it from."""

    found: Answer
    sentence: str
    source: str
    vintage: str
    by_table: bool

    @property
    def opcos(self) -> list[OpcoFact]:
        return list(dict.fromkeys(candidate.opco for candidate in self.found.candidates))


def own_word(found: Answer, siro: SourceFact, directory_at: datetime | None) -> Own:
    """What the portal says: by the table, or deduced from what the directory said at a moment."""
    best = found.best
    if best is None:
        return Own(found, typeset("Ne donne pas d’OPCO."), siro.name, siro.vintage, True)
    if directory_at is None:
        return Own(found, _own_sentence(found, best), best.source.name, best.source.vintage, True)
    when = typeset(f"interrogé le {day(timezone.localdate(directory_at))}")
    return Own(found, _own_sentence(found, best), "Annuaire des entreprises", when, False)


def _own_sentence(found: Answer, best: Candidate) -> str:
    if best.confidence == "indicative":
        return typeset(f"Penche pour {best.opco.name}, d’après l’activité seulement.")
    if found.status == "ambiguous":
        return typeset(f"Hésite entre {listed(_names(found))}.")
    if best.basis == "establishment":
        return typeset(f"Donne {best.opco.name}.")
    return typeset(f"Déduit {best.opco.name} de l’IDCC {best.idcc}.")


def _names(found: Answer) -> list[str]:
    return list(dict.fromkeys(candidate.opco.name for candidate in found.candidates))


def second_opinions(
    siret: str, own: Own, current: Reference, visitor: str = "", *, glance: Deadline | None = None
) -> list[Heard]:
    """Every engine's word on an establishment, as far as it is known at a glance."""
    questions = [engine.question(siret) if engine.is_configured() else None for engine in ENGINES]
    for question in filter(None, questions):
        question.start(visitor)  # all of them, before any is waited for
    glance = glance or Deadline(settings.UPSTREAM_GLANCE)
    return [
        _heard(engine, siret, question.look(visitor, glance=glance) if question else None, own, current)
        for engine, question in zip(ENGINES, questions, strict=True)
    ]


def _heard(engine: Engine, siret: str, look: Look[Opinion] | None, own: Own, current: Reference) -> Heard:
    page = engine.page_for(siret)
    if look is None:
        filled = ", le SIRET est déjà rempli" if engine.filled_in else ""
        why = f"Ce portail ne l’interroge pas : posez-lui la question{filled}."
        return Heard(engine, page, "unasked", typeset(why))
    if look.answer is None:
        if look.pending:
            return Heard(engine, page, "pending", typeset("Réponse en cours…"))
        return Heard(engine, page, "failed", _failure(look.busy))
    told = look.answer.value
    opco = opco_of(told.label, current) if told.label else None
    if told.label and opco is None:
        _log_once(engine, told)
    verdict, sentence, advice = _compared(engine, told, opco, own)
    return Heard(engine, page, verdict, sentence, advice, opco, told.idcc, look.answer)


def _failure(busy: bool) -> str:
    why = "Trop de demandes en ce moment" if busy else "Pas de réponse en ce moment"
    return typeset(f"{why} : posez-lui la question directement.")


def _compared(engine: Engine, told: Opinion, opco: OpcoFact | None, own: Own) -> tuple[Verdict, str, str]:
    """The verdict, what the engine says, and what to do about it."""
    if opco is None:
        return "silent", _without_opco(told), ""
    managed = f", géré par {told.manager}" if told.manager and told.manager != told.label else ""
    said = typeset(f"Donne {opco.name}{managed}{_NUANCES.get(told.standing, '')}.")
    found, owners = own.found, own.opcos
    managers = [] if engine.tells_manager else [one.manager for one in found.candidates]
    if len(owners) == 1 and opco in (*owners, *managers):
        return "agrees", said, ""
    if not owners or opco in owners or found.candidates[0].confidence == "indicative":
        which = (
            "Parmi les OPCO possibles, c’est celui qu’il retient : vérifiez" if opco in owners else "Vérifiez"
        )
        return "adds", said, typeset(f"{which} auprès {of(opco.name)} avant de déposer un dossier.")
    whom = listed([f"à {name}" for name in (*_names(found), opco.name)])
    why = engine.authority if own.by_table else engine.authority_on_absent
    return (
        "disagrees",
        said,
        typeset(f"{why} Demandez confirmation {whom}, avec le SIRET, avant de déposer un dossier."),
    )


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
    if told.standing == "unclear":
        return typeset(
            "A répondu d’une façon que ce portail ne comprend pas : posez-lui la question directement."
        )
    if told.label:
        return typeset(
            f"Répond « {told.label} », un nom que ce portail ne sait rattacher à aucun des onze OPCO."
        )
    return typeset(_SILENCES.get(told.standing, _SILENCES["unnamed"]))


def opco_of(label: str, current: Reference) -> OpcoFact | None:
    """The OPCO that a label means, None rather than the wrong one: every engine writes the names in its own way."""
    wanted = _letters(label)
    for opco in current.opcos.values():
        if wanted in {_letters(name) for name in (opco.name, opco.slug, *SPELLINGS.get(opco.slug, ()))}:
            return opco
    return None


# Besides their names, how the table SIRET-OPCO and the engines write them.
SPELLINGS = {
    "akto": ("AKTO Réseau",),
    "constructys": ("Constructys OPCO de la construction",),
    "opco-ep": ("Entreprises de proximité", "OPCO des entreprises de proximité"),
    "opco-mobilites": ("OPCO Mobilité",),
    "opco2i": ("OPCO interindustriel", "OPCO 2i Interindustriel"),
    "opcommerce": ("OPCO Commerce",),
    "uniformation": ("Uniformation Cohésion sociale", "OPCO Cohésion sociale"),
}


def _letters(label: str) -> str:
    """« OPCO SANTÉ », « L'OPCOMMERCE »: letters and digits alone, without the words that some leave out."""
    return re.sub("^l?opco", "", "".join(filter(str.isalnum, plain(label))))


# -------------------------------------------------------------------------------------------- what is kept of it
def disagree(heard: Sequence[Heard]) -> bool:
    """Whether an engine contradicts the portal, or another engine."""
    beside = {one.opco for one in heard if one.verdict == "adds"}
    return any(one.verdict == "disagrees" for one in heard) or len(beside) > 1


def headline(heard: Sequence[Heard]) -> str:
    """What must be seen at once of all that was heard: who names another OPCO than the portal; "" when nobody does."""
    others = [one for one in heard if one.opco and one.verdict in ("disagrees", "adds")]
    return typeset(listed([f"{one.engine.name} donne {one.opco.name}" for one in others if one.opco]))


def keep_disagreements(siret: str, heard: Sequence[Heard], own: Own) -> None:
    """Leave the disagreements to the worker to keep, each once a day; nobody waits for it, and no page fails by it.

    Where the portal itself hesitates between several OPCOs there is nothing to disagree with.
    """
    if len(own.opcos) != 1:
        return
    ours = own.opcos[0]
    for one in heard:
        if one.verdict != "disagrees" or one.opco is None or one.told is None:
            continue
        if not _first_time(f"disagreement {siret} {one.engine.code} {ours.slug} {one.opco.slug}", DAY):
            continue
        message = {
            "siret": int(siret),
            "engine": one.engine.code,
            "opco": ours.slug,
            "other": one.opco.slug,
            "said_at": one.told.at.isoformat(),
            "source": own.source,
            "vintage": own.vintage,
        }
        try:
            keep_disagreement.apply_async(kwargs=message, retry=False)
        except OperationalError as error:
            logger.warning("a disagreement about %s was not kept: %s", siret, error)


def _log_once(engine: Engine, told: Opinion) -> None:
    if _first_time(f"label {engine.code} {told.label}", MONTH):
        what = "gives an unknown code" if told.standing == "unclear" else "names an unknown OPCO"
        logger.warning("%s %s: %r", engine.name, what, told.label)


def _first_time(name: str, seconds: int) -> bool:
    """Whether no process met this in so many seconds; not known to be so when the cache is out."""
    try:
        return bool(cache.add(key_of(name), 1, timeout=seconds))
    except redis.RedisError:
        return False
