"""What programs send, told in French where it cannot be read."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from opco_portal.french import typeset


class Json(JSONParser):
    """JSON; a body that is none, or that nests without end, is the sender's mistake."""

    def parse(self, *args: Any, **options: Any) -> Any:
        try:
            return super().parse(*args, **options)
        except (ParseError, RecursionError) as error:
            raise ParseError(typeset("Le corps de la requête n’est pas un JSON lisible.")) from error
