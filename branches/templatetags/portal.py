"""What templates ask of the portal's settings and of its vocabulary."""

from django import template
from django.conf import settings

from branches.lookup.headcounts import headcount_in_words

register = template.Library()


@register.simple_tag
def source_code_url() -> str:
    return str(settings.SOURCE_CODE_URL)


@register.simple_tag
def contact_email() -> str:
    return str(settings.CONTACT_EMAIL)


@register.filter
def headcount(code: str) -> str:
    """An Insee class in words: « 10 à 19 salariés »."""
    return headcount_in_words(code)
