"""Who asks for an estimate: the OPCO that would pay and, where it is known, the agreement that is applied."""

from dataclasses import dataclass
from datetime import date

from branches.evidence import look_up, reference
from branches.lookup import Answer
from opco_portal.french import listed, of, typeset
from opco_portal.identifiers import normalize_idcc


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


def asker(*, opco: str = "", idcc: str = "", siret: str = "", on: date) -> Asker:
    """The asker of a SIRET, an IDCC or an OPCO (slug); the more precise comes first. Raises `Unknown`."""
    if not (opco or idcc or siret):
        raise Unknown("opco", "Indiquez votre OPCO, votre convention collective (IDCC) ou votre SIRET.")
    named = _opco(opco) if opco else ""
    if siret:
        return _from_siret(siret, named, idcc, on)
    if idcc:
        return _from_idcc(idcc, named, on)
    return Asker(named, reference().opcos[named].name)


def _opco(slug: str) -> str:
    if slug not in reference().opcos:
        raise Unknown("opco", f"« {slug[:40]} » n’est pas un OPCO : choisissez-en un dans la liste.")
    return slug


def _from_siret(siret: str, opco: str, idcc: str, on: date) -> Asker:
    found = look_up(siret, on=on)
    if found.query.kind != "siret":
        raise Unknown("siret", "Ce SIRET n’est pas valable : il compte 14 chiffres, sans erreur de frappe.")
    best = found.best
    if best is None:
        if opco or idcc:
            known = _from_idcc(idcc, opco, on) if idcc else Asker(opco, reference().opcos[opco].name)
            return Asker(known.opco, known.opco_name, known.idcc, known.title, found.query.normalized)
        raise Unknown(
            "siret", "La table officielle ne donne pas d’OPCO à ce SIRET : indiquez l’OPCO ou la convention."
        )
    if idcc:
        told = _from_idcc(idcc, opco or _payer(found), on)
        return Asker(told.opco, told.opco_name, told.idcc, told.title, found.query.normalized, told.notes)
    slug = opco or _payer(found)
    own_code = best.idcc if best.idcc in reference().agreements else None
    return Asker(
        slug, reference().opcos[slug].name, own_code, best.title, found.query.normalized, _notes(found, slug)
    )


def _from_idcc(text: str, opco: str, on: date) -> Asker:
    idcc = normalize_idcc(text)
    current = reference()
    if idcc is None or idcc not in current.agreements:
        raise Unknown(
            "idcc", f"L’IDCC « {text[:10]} » n’est pas connu : il compte quatre chiffres, par exemple 1486."
        )
    final = current.final(idcc) or current.agreements[idcc]
    found = look_up(final.idcc, on=on)
    slug = opco or _payer(found)
    if not slug:
        raise Unknown("opco", f"L’IDCC {idcc} ne suffit pas à désigner un OPCO : choisissez le vôtre.")
    notes = _notes(found, slug)
    if final.idcc != idcc:
        notes = (
            typeset(f"L’IDCC {idcc} a été remplacé par l’IDCC {final.idcc} : c’est lui qui compte."),
            *notes,
        )
    return Asker(slug, current.opcos[slug].name, final.idcc, final.label, notes=notes)


def _payer(found: Answer) -> str:
    """Files are handled by the managing OPCO where the owner has given them away."""
    best = found.best
    return (best.manager or best.opco).slug if best else ""


def _notes(found: Answer, slug: str) -> tuple[str, ...]:
    """That other OPCOs may be right too, or that the one chosen is none of them."""
    opcos = reference().opcos
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
