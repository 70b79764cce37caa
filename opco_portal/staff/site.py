"""The administration's site and the kinds of pages that every part of it shares."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from opco_portal.staff.theme import RELAXED

View = Callable[..., HttpResponse]


class ReadOnly(ModelAdmin):
    """Shown and searched, changed by the reference files and the synchronisations only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PortalSite(UnfoldAdminSite):
    """The administration under the portal's name; its pages alone relax the content security policy."""

    site_header = site_title = "Portail OPCO"
    index_title = "À traiter"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        return csp_update(RELAXED)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return csp_update(RELAXED)(super().login)(request, extra_context)
