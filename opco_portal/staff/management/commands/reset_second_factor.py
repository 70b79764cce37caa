"""The way back in for whoever lost their telephone and their recovery codes, and is the only administrator."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opco_portal.french import typeset
from opco_portal.staff import second_factor


class Command(BaseCommand):
    help = "Oublie le second facteur d’un compte, qui se connecte ensuite par son mot de passe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NOM", help="le nom d’utilisateur du compte")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(typeset(f"Il n’y a pas de compte « {name} »."))
        if not second_factor.forget(user):
            raise CommandError(typeset(f"Le compte « {name} » n’a pas de second facteur."))
        self.stdout.write(typeset(f"Le second facteur du compte « {name} » est oublié."))
