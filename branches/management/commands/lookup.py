from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from branches.evidence import look_up
from branches.lookup import Candidate
from opco_portal.french import percent, plural

STATUSES = {
    "found": "OPCO trouvé",
    "ambiguous": "Plusieurs réponses possibles",
    "not_attached": "Connu, sans OPCO",
    "not_found": "Introuvable",
    "invalid": "Saisie à corriger",
}
CONFIDENCES = {"certain": "certain", "deduced": "déduit", "probable": "probable", "indicative": "indicatif"}


class Command(BaseCommand):
    help = "Donne l’OPCO d’un SIRET, d’un SIREN, d’un IDCC, d’un code NAF ou de quelques mots."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="+")

    def handle(self, *args: Any, text: list[str], **options: Any) -> None:
        answer = look_up(" ".join(text))
        self.stdout.write(self.style.MIGRATE_HEADING(STATUSES[answer.status]))
        for candidate in answer.candidates:
            self._write(candidate)
        for message in answer.messages:
            self.stdout.write(f"! {message.text}")

    def _write(self, candidate: Candidate) -> None:
        manager = f" (géré par {candidate.manager.name})" if candidate.manager else ""
        agreement = f"IDCC {candidate.idcc} {candidate.title}" if candidate.idcc else candidate.title
        counts = ""
        if candidate.share is not None and candidate.establishments is not None:
            counts = f", {percent(candidate.share)}, {plural(candidate.establishments, 'établissement')}"
        self.stdout.write(
            f"- {self.style.SUCCESS(candidate.opco.name)}{manager} : {CONFIDENCES[candidate.confidence]}{counts}\n"
            f"  {agreement}\n  {candidate.reason}\n"
            f"  Source : {candidate.source.name}, {candidate.source.vintage}, {candidate.source.url}"
        )
