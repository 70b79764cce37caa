"""The key by which people's lists are sorted and searched."""

from django.db.models import Func, TextField


class SortKey(Func):
    """Unaccented lower-case text: "Énergie" sorts between "Eau" and "Fleuristes" without ICU."""

    function = "portal_key"
    output_field = TextField()
