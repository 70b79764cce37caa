"""The administration's site and the kinds of pages that every part of it shares."""

from typing import TYPE_CHECKING, Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from opco_portal.staff import search
from opco_portal.staff.dashboard import board
from opco_portal.staff.theme import RELAXED

if TYPE_CHECKING:  # Unfold tells no types: it is what it extends
    from django.contrib.admin import AdminSite as UnfoldAdminSite
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin
    from unfold.sites import UnfoldAdminSite


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

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return csp_update(RELAXED)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        relaxed: Any = csp_update(RELAXED)
        return relaxed(super().login)(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {"board": board(request), **(extra_context or {})})

    def extra_urls(self) -> list[URLPattern]:
        return [path("recherche/", self.admin_view(search.page), name="find")]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return search.palette(request)
