"""What robots may read: the answers, not the searches, which make the portal ask other servers."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

RULES = """\
User-agent: *
Disallow: /recherche/
Disallow: /entreprise/*/autres-moteurs/
Disallow: /financements/*?
Disallow: /financements/estimation.
Disallow: /*?*nom=
Disallow: /*?*entreprise=
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(RULES, content_type="text/plain; charset=utf-8")
