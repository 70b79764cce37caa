"""What the lookup says, in French, to someone in a hurry who does not know the vocabulary."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from branches.lookup.evidence import ActivityFact, AgreementFact, AttachmentFact, Hit
from branches.lookup.query import Query
from opco_portal.french import day, number, of, percent, period, plural, typeset

OFFICIAL_SITE = "https://quel-est-mon-opco.francecompetences.fr/"
OFFICIAL_ENGINE = f"{OFFICIAL_SITE}?siret="

_INVALID = {
    "empty": "Écrivez le nom de l’entreprise, un SIRET, une convention collective, un métier ou un code NAF.",
    "too_long": "C’est trop long : gardez le nom de l’entreprise, son SIRET, ou quelques mots sur l’activité.",
    "unreadable": "Aucun numéro ni mot reconnaissable : écrivez un SIRET (14 chiffres), un IDCC (4 chiffres) "
    "ou le nom de l’entreprise.",
    "brochure": "C’est un numéro de brochure du Journal officiel, pas un IDCC. L’IDCC (4 chiffres) figure "
    "sur le bulletin de paie ; vous pouvez aussi écrire le nom de la convention.",
    "phone": "C’est un numéro de téléphone. Écrivez plutôt un SIRET (14 chiffres), le nom de la convention ou un "
    "métier.",
    "idcc_length": "Un IDCC a 4 chiffres (par exemple 1486). Vérifiez le numéro sur un bulletin de paie, "
    "ou écrivez le nom de la convention.",
}

NOT_ATTACHED = typeset(
    "L’établissement est connu de la table officielle, mais elle ne lui donne aucun OPCO. C’est le cas d’un "
    "employeur public, d’une entreprise étrangère ou d’un employeur sans salarié couvert par une convention. "
    "Si vous employez des salariés de droit privé, cherchez par l’IDCC d’un bulletin de paie."
)
AGREEMENT_WITHOUT_OPCO = typeset(
    "Aucune source publique ne rattache cette convention à un OPCO. Cherchez par le SIRET de l’établissement, "
    "ou demandez à votre gestionnaire de paie quel OPCO figure dans la DSN."
)
ESCAPE_CODES = {
    "9999": typeset(
        "Le code 9999 veut dire « aucune convention collective ». Ce code n’a pas d’OPCO à lui : l’OPCO suit "
        "l’activité de l’entreprise. Vérifiez l’IDCC sur un bulletin de paie : si une convention y figure, "
        "cherchez avec elle."
    ),
    "9998": typeset(
        "Le code 9998 veut dire « convention collective pas encore en vigueur ». Ce code n’a pas d’OPCO à lui : "
        "en attendant, l’OPCO suit l’activité. Demandez à votre gestionnaire de paie l’IDCC prévu."
    ),
    "5501": typeset(
        "Le code 5501 veut dire « accord d’entreprise ou texte non précisé ». Ce code n’a pas d’OPCO à lui : "
        "l’OPCO suit l’activité. Cherchez l’IDCC de branche sur un bulletin de paie."
    ),
    "5100": typeset(
        "Le code 5100 veut dire « statut non précisé ». Ce code n’a pas d’OPCO à lui : l’OPCO suit l’activité. "
        "Cherchez l’IDCC sur un bulletin de paie."
    ),
}
CAUSES_OF_ABSENCE = tuple(
    (code, typeset(text))
    for code, text in (
        (
            "cause_recent",
            "Première paie récente : la table suit les déclarations sociales (DSN) avec environ trois mois de "
            "retard. Cherchez par l’IDCC d’un bulletin de paie en attendant.",
        ),
        ("cause_typo", "Numéro d’un autre établissement : relisez le SIRET sur un bulletin de paie."),
        ("cause_closed", "Établissement fermé ou déménagé : le SIRET change avec l’adresse."),
        (
            "cause_public",
            "Employeur public : les administrations et collectivités n’ont en général pas d’OPCO.",
        ),
        ("cause_no_employee", "Aucun salarié déclaré : sans DSN, pas d’OPCO dans la table."),
    )
)
HIDDEN_COMPANIES = typeset(
    "Entreprise non diffusible : certaines ont demandé à ne pas figurer dans l’annuaire public. Cherchez la vôtre par "
    "son SIRET ou par sa convention, écrits sur chaque bulletin de paie."
)
HIDDEN_NUMBER = typeset(
    "Entreprise non diffusible : certaines ont demandé à ne pas figurer dans l’annuaire public. Cherchez par la "
    "convention, écrite sur chaque bulletin de paie."
)
ACTIVITY_IS_INDICATIVE = typeset(
    "Un code NAF donne une indication, pas une réponse : l’OPCO dépend de la convention collective appliquée. "
    "Pour être sûr, cherchez par SIRET ou par IDCC."
)
NAF_AS_IDCC = typeset(
    "Vous avez écrit un code NAF (l’activité) à la place d’un IDCC (la convention) : un IDCC a 4 chiffres et "
    "aucune lettre. Voici ce que l’activité indique."
)
CHOOSE = typeset(
    "Plusieurs conventions correspondent. Choisissez celle qui figure sur le bulletin de paie (« IDCC »), ou "
    "cherchez par SIRET."
)
CHECK = typeset(
    "Vérifiez sur un bulletin de paie que c’est bien votre convention (« IDCC »), ou cherchez par SIRET pour être "
    "sûr."
)
NO_MATCH = typeset(
    "Aucune convention ni activité ne correspond à ces mots. Essayez un autre nom de métier, le SIRET (14 "
    "chiffres) ou l’IDCC (4 chiffres) d’un bulletin de paie."
)


def invalid(query: Query) -> str:
    """Why a query cannot be understood, and what to type instead."""
    count = len(query.normalized)
    if query.problem == "siret_length":
        return typeset(f"Un SIRET a 14 chiffres, un SIREN 9 : vous en avez écrit {count}{_missing(count)}")
    if query.problem == "siren_length":
        return typeset(f"Un SIREN a 9 chiffres : vous en avez écrit {count}. Un SIRET en a 14.")
    if query.problem == "siret_checksum":
        return typeset(
            "Ce SIRET a bien 14 chiffres, mais l’un d’eux est faux : la clé de contrôle ne correspond pas. "
            "Recopiez-le depuis un bulletin de paie ou un avis de situation."
        )
    if query.problem == "siren_checksum":
        return typeset(
            "Ce SIREN a bien 9 chiffres, mais l’un d’eux est faux : la clé de contrôle ne correspond pas. "
            "Relisez-le sur une facture ou un extrait Kbis."
        )
    return typeset(_INVALID.get(query.problem, _INVALID["unreadable"]))


def _missing(count: int) -> str:
    if count == 13:
        return ", il en manque un. Relisez le numéro, zéros compris."
    if count == 15:
        return ", il y en a un de trop."
    return ". Relisez le numéro, ou écrivez le nom de la convention."


def manual(fact: AttachmentFact) -> str:
    return typeset(f"Décision motivée de l’équipe du portail : {fact.reason}")


def decision_to_come(fact: AttachmentFact, opco: str) -> str:
    first, end = fact.valid_from or date.max, fact.valid_to
    when = period(first, end) if end else f"à partir du {day(first)}"
    return typeset(f"Cela va changer : {when}, cette convention relève {of(opco)}. {fact.reason}")


def decision_ends(fact: AttachmentFact, opco: str) -> str:
    last = (fact.valid_to or date.max) - timedelta(days=1)
    return typeset(f"La décision qui rattache cette convention à {opco} vaut jusqu’au {day(last)} compris.")


def majority(agreement: AgreementFact, fact: AttachmentFact, opco: str, total: int) -> str:
    if total == 1:
        text = f"Le seul établissement qui déclare l’IDCC {agreement.idcc} relève {of(opco)}."
    elif fact.share == 1:
        text = f"Les {number(total)} établissements qui déclarent l’IDCC {agreement.idcc} relèvent tous {of(opco)}."
    else:
        share = percent(fact.share or 0)
        text = (
            f"{share[0].upper()}{share[1:]} des {number(total)} établissements qui déclarent "
            f"l’IDCC {agreement.idcc} relèvent {of(opco)}."
        )
    return typeset(text)


def one_of_several(agreement: AgreementFact, fact: AttachmentFact, opco: str, total: int) -> str:
    count = fact.establishments or 0
    verb = "relève" if count < 2 else "relèvent"
    return typeset(
        f"{plural(count, 'établissement')} sur {number(total)} qui déclarent l’IDCC {agreement.idcc} "
        f"({percent(fact.share or 0)}) {verb} {of(opco)}."
    )


def documented(fact: AttachmentFact, opco: str, idcc: str) -> str:
    doubt = " Cette source demande à être confirmée." if fact.to_confirm else ""
    return typeset(
        f"Aucun établissement ne déclare l’IDCC {idcc} dans la table SIRET-OPCO ; "
        f"{_by_document(fact)} le rattache à {opco}.{doubt}"
    )


def _by_document(fact: AttachmentFact) -> str:
    if fact.source == "siro":
        return "la table SIRET-OPCO"
    if fact.source == "approval" and fact.document_date:
        return f"l’arrêté du {day(fact.document_date)}"
    if fact.source == "approval":
        return "un arrêté d’agrément"
    return f"une liste publiée par {_publisher(fact.url)}"


_PUBLISHERS = {
    "portail.net-entreprises.fr": "Net-entreprises (nomenclature DSN)",
    "www.legifrance.gouv.fr": "Légifrance",
    "www.ocapiat.fr": "OCAPIAT",
    "www.opco2i.fr": "OPCO 2i",
    "www.constructys.fr": "Constructys",
    "www.lopcommerce.com": "L’Opcommerce",
    "www.afdas.com": "l’Afdas",
    "www.opco-atlas.fr": "Atlas",
    "www.akto.fr": "AKTO",
    "www.opco-sante.fr": "l’OPCO Santé",
}


def _publisher(url: str) -> str:
    host = url.split("/")[2] if url.count("/") > 2 else ""
    return _PUBLISHERS.get(host, host or "un organisme officiel")


def document_name(fact: AttachmentFact) -> str:
    """How the document behind an attachment is cited."""
    if fact.source == "manual":
        return "Décision du portail"
    if fact.source == "approval":
        return "Arrêté d’agrément"
    return typeset(f"Liste publiée par {_publisher(fact.url)}")


def document_vintage(fact: AttachmentFact) -> str:
    if fact.source == "manual":
        return period(fact.valid_from, fact.valid_to)
    return day(fact.document_date) if fact.document_date else ""


def own_row(opco: str, agreement: AgreementFact | None, counted: AttachmentFact | None) -> str:
    text = (
        "L’établissement figure dans la table officielle SIRET-OPCO de France compétences, rattaché à "
        f"{opco}."
    )
    if agreement is None or agreement.status == "escape":
        return typeset(text)
    text += f" Il déclare l’IDCC {agreement.idcc}"
    if counted and agreement.establishments > 1 and (counted.share or 0) > 0:
        text += (
            f", comme {number(agreement.establishments)} établissements dont {percent(counted.share or 0)} relèvent "
            "du même OPCO"
        )
    return typeset(f"{text}.")


def company_share(count: int, total: int, opco: str) -> str:
    if total == 1:
        return typeset(f"Le seul établissement connu de l’entreprise relève {of(opco)}.")
    if count == total:
        return typeset(f"Les {number(total)} établissements connus de l’entreprise relèvent tous {of(opco)}.")
    verb = "relève" if count < 2 else "relèvent"
    return typeset(f"{plural(count, 'établissement')} de l’entreprise sur {number(total)} {verb} {of(opco)}.")


def several_opcos(count: int) -> str:
    return typeset(
        f"Les établissements de cette entreprise relèvent de {count} OPCO différents : la réponse dépend de "
        "l’établissement. Choisissez le SIRET qui emploie le salarié à former."
    )


def unattached_siblings(count: int) -> str:
    if count == 1:
        return typeset("Un établissement de l’entreprise n’a pas d’OPCO dans la table.")
    return typeset(f"{number(count)} établissements de l’entreprise n’ont pas d’OPCO dans la table.")


def several_for_agreement(agreement: AgreementFact, count: int) -> str:
    if count < 2:
        return typeset("L’OPCO de cette convention n’est pas tranché par les sources.")
    if any(fact.source == "siro" for fact in agreement.attachments):
        return typeset(
            f"Aucun OPCO ne réunit 90 % des établissements de cette convention : {count} sont possibles. "
            "Cherchez par SIRET pour une réponse sûre."
        )
    return typeset(
        f"Les documents officiels citent {count} OPCO pour cette convention. Cherchez par SIRET pour une réponse "
        "sûre."
    )


def exception(opco: str, usual: str) -> str:
    return typeset(
        f"La plupart des établissements de cette convention relèvent {of(usual)}, mais la table donne {opco} pour "
        f"celui-ci. Vérifiez que l’IDCC déclaré est le bon ; en cas de doute, demandez confirmation à {opco}."
    )


def manager(owner: str, manager_name: str) -> str:
    return typeset(
        f"Outre-mer, {manager_name} gère les dossiers pour le compte {of(owner)} : adressez-vous à {manager_name}."
    )


def agreement_unknown(idcc: str) -> str:
    return typeset(f"L’IDCC {idcc}, déclaré par l’établissement, n’est pas encore dans notre référentiel.")


def unknown_idcc(idcc: str) -> str:
    return typeset(
        f"L’IDCC {idcc} n’existe ni dans la table SIRET-OPCO ni dans les listes officielles. Vérifiez les quatre "
        "chiffres sur un bulletin de paie, ou écrivez le nom de la convention."
    )


def looks_like_naf(digits: str, naf: str) -> str:
    return typeset(f"{digits} ressemble au code NAF {naf} : est-ce l’activité que vous cherchiez ?")


def title_unpublished(idcc: str) -> str:
    return typeset(f"Le titre de la convention IDCC {idcc} n’est publié dans aucune liste officielle.")


def merged(agreement: AgreementFact, successor: AgreementFact) -> str:
    return typeset(
        f"L’IDCC {agreement.idcc} a été fusionné ou remplacé : la convention applicable est aujourd’hui "
        f"l’IDCC {successor.idcc} ({successor.label})."
    )


def found_through_merged(idcc: str) -> str:
    return typeset(
        f"Ces mots désignent l’ancien IDCC {idcc}, aujourd’hui fusionné dans la convention proposée."
    )


def belief(opco: str, basis: str, *, counted: bool) -> str:
    """What the answer rests on, as the first half of a disagreement."""
    if basis == "manual":
        return f"la décision du portail retient {opco}"
    return f"la table SIRET-OPCO donne {opco}" if counted else f"le document le plus récent cite {opco}"


def disagreement(belief: str, others: Iterable[tuple[str, AttachmentFact]]) -> str:
    claims = " ; ".join(f"{_by_document(fact)} cite {name}" for name, fact in others)
    whereas = "qu’" if claims.startswith("une") else "que "
    return typeset(
        f"Les sources ne disent pas la même chose : {belief}, alors {whereas}{claims}. "
        "Demandez confirmation avant de déposer un dossier."
    )


def closed(kind: str) -> str:
    """What to do about a number that the directory of companies calls closed."""
    what = "cet établissement est fermé" if kind == "siret" else "cette entreprise a cessé son activité"
    return typeset(
        f"D’après l’Annuaire des entreprises, {what}. Cherchez l’établissement qui emploie aujourd’hui les salariés : "
        "son SIRET figure sur leur dernier bulletin de paie."
    )


def declared(agreement: AgreementFact, company_wide: bool) -> str:
    """What the directory of companies says of an agreement, before what this agreement leads to."""
    whom = "à l’entreprise" if company_wide else "à cet établissement"
    return typeset(
        f"L’Annuaire des entreprises attribue {whom} l’IDCC {agreement.idcc}, « {agreement.label} »."
    )


def several_agreements(count: int) -> str:
    return typeset(
        f"L’Annuaire des entreprises lui attribue {count} conventions. Choisissez celle qui figure sur le bulletin de "
        "paie du salarié à former (« IDCC »)."
    )


def activity_of_record(naf: str) -> str:
    return typeset(
        f"L’Annuaire des entreprises ne donne pas de convention qui mène à un OPCO. Voici ce que suggère l’activité "
        f"déclarée ({naf}) : une indication, pas une réponse. L’IDCC d’un bulletin de paie tranche."
    )


def unknown_naf(code: str) -> str:
    return typeset(
        f"Le code {code} n’existe pas dans la nomenclature NAF rév. 2. Il s’écrit avec quatre chiffres et une "
        "lettre, par exemple 62.02A ; il figure sur l’avis de situation Insee."
    )


def activity_without_sample(related: bool) -> str:
    if related:
        return typeset(
            "Nous n’avons pas de statistique pour cette activité. Voici les conventions dont l’intitulé s’en "
            "approche."
        )
    return typeset("Nous n’avons pas de statistique pour cette activité. Cherchez par SIRET ou par IDCC.")


def activity_sample(activity: ActivityFact, opco: str) -> str:
    return typeset(
        f"Sur un échantillon de {plural(activity.establishments or 0, 'établissement')} dont le code NAF commence "
        f"par {activity.sampled_prefix}, {percent(activity.share or 0)} relèvent {of(opco)}."
    )


def activity_share(vintage: str, share: Decimal, agreement: AgreementFact, opco: str, opcos: int) -> str:
    """How many employees of an activity an agreement covers, and where it leads."""
    leads = f"qui mène à {opco}" if opcos == 1 else f"qui peut mener à {opco}, parmi {opcos} OPCO possibles"
    return typeset(
        f"En {vintage}, {percent(share)} des salariés de cette activité relèvent de la convention "
        f"« {agreement.label} » (IDCC {agreement.idcc}), {leads}."
    )


def activity_opco(vintage: str, share: Decimal, opco: str) -> str:
    return typeset(
        f"En {vintage}, {percent(share)} des salariés de cette activité relèvent de conventions qui mènent à {opco}."
    )


def matched(hit: Hit) -> str:
    """Which words of the agreement answered the words typed."""
    return typeset(f"Correspond à « {hit.matched} ».")


def sample(rows: int) -> str:
    return typeset(
        f"Ce portail n’a chargé qu’un extrait de {plural(rows, 'établissement')} de la table officielle : ne pas y "
        "trouver un SIRET ne prouve rien."
    )


def official_engine(siret: str) -> str:
    return typeset(f"Le moteur officiel de France compétences répond aussi : {OFFICIAL_ENGINE}{siret}")


def sample_company(rows: int) -> str:
    return typeset(
        f"Ce portail n’a chargé qu’un extrait de {plural(rows, 'établissement')} de la table officielle : d’autres "
        "établissements de cette entreprise peuvent relever d’un autre OPCO."
    )
