"""Who asks for an estimate: the OPCO that would pay and, where it is known, the agreement that is applied."""

from dataclasses import dataclass, replace
from datetime import date

from branches.evidence import consult, reference
from branches.lookup import Answer, Evidence, Reference, answer, parse
from opco_portal.french import listed, of, typeset
from opco_portal.identifiers import normalize_idcc

NO_AGREEMENT = "9999"  # the escape code that several OPCOs have a scale for


@dataclass(frozen=True, slots=True)
class Asker:
    """The company as the calculator needs it: the slug and name of its OPCO, its IDCC or None, and what to know."""

    opco: str
    opco_name: str
    idcc: str | None = None
    title: str = ""  # of the agreement
    siret: str = ""
    notes: tuple[str, ...] = ()


class Unknown(Exception):
    """Nobody can be told from what was given; `field` is what to correct, the message says how, in French."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, typeset(sentence)


def asker(
    *, opco: str = "", idcc: str = "", siret: str = "", on: date, current: Reference | None = None
) -> Asker:
    """The asker of a SIRET, an IDCC or an OPCO (slug); the more precise comes first. Raises `Unknown`.

    Pass the reference when it has just been read: only a SIRET then costs a query.
    """
    if not (opco or idcc or siret):
        raise Unknown("opco", "Indiquez votre OPCO, votre convention collective (IDCC) ou votre SIRET.")
    current = current or reference()
    named = _opco(opco, current) if opco else ""
    if siret:
        return _from_siret(siret, named, idcc, current, on)
    if idcc:
        return _from_idcc(idcc, named, current, on)
    return Asker(named, current.opcos[named].name)


def _opco(slug: str, current: Reference) -> str:
    if slug not in current.opcos:
        raise Unknown("opco", f"« {slug[:40]} » n’est pas un OPCO : choisissez-en un dans la liste.")
    return slug


def _from_siret(siret: str, opco: str, idcc: str, current: Reference, on: date) -> Asker:
    query = parse(siret)
    if query.kind != "siret":
        raise Unknown("siret", "Ce SIRET n’est pas valable : il compte 14 chiffres, sans erreur de frappe.")
    found, _ = consult(siret, on=on)
    best = found.best
    if idcc:
        told = _from_idcc(idcc, opco or _payer(found), current, on)
        return replace(told, siret=query.normalized)
    slug = opco or _payer(found)
    if not slug:
        raise Unknown(
            "siret", "La table officielle ne donne pas d’OPCO à ce SIRET : indiquez l’OPCO ou la convention."
        )
    name = current.opcos[slug].name
    if best is None:
        return Asker(slug, name, siret=query.normalized)
    notes = _notes(found, slug, current)
    return Asker(slug, name, _of_branch(best.idcc, current), best.title, query.normalized, notes)


def _from_idcc(text: str, opco: str, current: Reference, on: date) -> Asker:
    idcc = normalize_idcc(text)
    if idcc is None or idcc not in current.agreements:
        raise Unknown(
            "idcc", f"L’IDCC « {text[:10]} » n’est pas connu : il compte quatre chiffres, par exemple 1486."
        )
    final = current.final(idcc) or current.agreements[idcc]
    found = answer(parse(f"IDCC {final.idcc}"), Evidence(current), on=on)
    slug = opco or _payer(found)
    if not slug:
        raise Unknown("opco", f"L’IDCC {idcc} ne suffit pas à désigner un OPCO : choisissez le vôtre.")
    notes = _notes(found, slug, current)
    if final.idcc != idcc:
        notes = (
            typeset(f"L’IDCC {idcc} a été remplacé par l’IDCC {final.idcc} : c’est lui qui compte."),
            *notes,
        )
    return Asker(slug, current.opcos[slug].name, _of_branch(final.idcc, current), final.label, notes=notes)


def _of_branch(idcc: str | None, current: Reference) -> str | None:
    """The code, unless it is unknown or tells nothing; « no agreement » tells which scale applies."""
    fact = current.agreements.get(idcc or "")
    return fact.idcc if fact and (fact.status != "escape" or fact.idcc == NO_AGREEMENT) else None


def _payer(found: Answer) -> str:
    """Files are handled by the managing OPCO where the owner has given them away."""
    best = found.best
    return (best.manager or best.opco).slug if best else ""


def _notes(found: Answer, slug: str, current: Reference) -> tuple[str, ...]:
    """That other OPCOs may be right too, or that the one chosen is none of them."""
    opcos = current.opcos
    likely = list(dict.fromkeys((each.manager or each.opco).slug for each in found.candidates))
    others = [opcos[each].name for each in likely if each != slug]
    if not others:
        return ()
    if slug not in likely:
        return (
            typeset(
                f"D’après les sources, cette convention relève {_of(others)}, pas {_of([opcos[slug].name])} : "
                "vérifiez votre OPCO."
            ),
        )
    return (typeset(f"Une partie des établissements de cette convention relève {_of(others)}."),)


def _of(names: list[str]) -> str:
    return listed([of(name) for name in names])
