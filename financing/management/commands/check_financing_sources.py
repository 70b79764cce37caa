from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from financing.watch import watch


class Command(BaseCommand):
    help = "Vérifie que les pages sources des règles répondent encore, et annonce les règles qui se terminent bientôt."

    def handle(self, *args: Any, **options: Any) -> None:
        report = watch(timezone.localdate())
        for sentence in report.sentences:
            self.stdout.write(sentence)
        self.stdout.write(report.summary)
