"""From counted pairs of IDCC and OPCO to attachments: stray rows keep their share, escape codes stay apart."""

from collections.abc import Iterable

from branches.models import Agreement, Attachment, DeclaredOpco
from branches.sources.siro.shares import Pairs, share_of, totals_by_idcc
from opco_portal.tables import Change, bring_to


def attach(pairs: Pairs, vintage: str) -> Iterable[Change]:
    """Bring the attachments of the SIRO table to these pairs; every IDCC must be known."""
    escape = set(Agreement.objects.filter(status=Agreement.Status.ESCAPE).values_list("pk", flat=True))
    totals = totals_by_idcc(pairs)
    attachments, declared = [], []
    for (idcc, opco), establishments in pairs.items():
        if idcc in escape:
            declared.append(DeclaredOpco(agreement_id=idcc, opco_id=opco, establishments=establishments))
            continue
        attachments.append(
            Attachment(
                agreement_id=idcc,
                opco_id=opco,
                source=Attachment.Source.SIRO,
                establishments=establishments,
                share=share_of(establishments, totals[idcc]),
                vintage=vintage,
            )
        )
    key = ("agreement_id", "opco_id")
    yield bring_to(Attachment.objects.filter(source=Attachment.Source.SIRO), key, attachments)
    yield bring_to(DeclaredOpco.objects.all(), key, declared)


def served() -> dict[tuple[str, str], int]:
    """The pairs behind the attachments and the declared OPCOs that are served now."""
    counted = Attachment.objects.filter(source=Attachment.Source.SIRO).values_list(
        "agreement_id", "opco_id", "establishments"
    )
    declared = DeclaredOpco.objects.values_list("agreement_id", "opco_id", "establishments")
    return {(idcc, opco): count or 0 for idcc, opco, count in (*counted, *declared)}
