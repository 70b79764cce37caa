"""Who answers for the portal, for the foot of the pages."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def source_code_url() -> str:
    return str(settings.SOURCE_CODE_URL)


@register.simple_tag
def contact_email() -> str:
    return str(settings.CONTACT_EMAIL)
