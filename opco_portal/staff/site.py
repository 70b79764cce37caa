"""The administration's site and the kinds of pages that every part of it shares."""

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from opco_portal.staff import search
from opco_portal.staff.dashboard import board
from opco_portal.staff.second_factor import step
from opco_portal.staff.sessions import say_if_over
from opco_portal.staff.theme import RELAXED
from opco_portal.staff.views import give_code, own_factor

if TYPE_CHECKING:  # Unfold tells no types: it is what it extends
    from django.contrib.admin import AdminSite as UnfoldAdminSite
    from django.contrib.admin import ModelAdmin as UnfoldModelAdmin
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.sites import UnfoldAdminSite


class ModelAdmin(UnfoldModelAdmin):
    """Unfold's, where an address that is typed without its scheme is of https."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def url_name(self, action: str) -> str:
        """What the address of an action on this model is called, within the administration."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{action}"


class ReadOnly(ModelAdmin):
    """Shown and searched, changed by the reference files and the synchronisations only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def holds_nul(request: HttpRequest) -> bool:
    """Whether an address holds the one character that the database takes nowhere: « %00 »."""
    return "\0" in request.path_info or "\0" in unquote(request.META["QUERY_STRING"])


class PortalSite(UnfoldAdminSite):
    """The administration under the portal's name; its pages alone relax the content security policy."""

    site_header = site_title = "Portail OPCO"
    index_title = "À traiter"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not step(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        checked = super().admin_view(view, cacheable)

        @wraps(checked)
        def inner(request: HttpRequest, *args: Any, **options: Any) -> Any:
            if holds_nul(request):
                raise Http404
            say_if_over(request)
            return checked(request, *args, **options)

        return csp_update(RELAXED)(inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Who gave a password is led on to what the second factor still needs."""
        missing = step(request.user)
        if missing and request.method == "GET":
            return redirect_to_login(request.GET.get("next", ""), reverse(missing))
        relaxed: Any = csp_update(RELAXED)
        return relaxed(super().login)(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {"board": board(request), **(extra_context or {})})

    def extra_urls(self) -> list[URLPattern]:
        return [
            path("recherche/", self.admin_view(search.page), name="find"),
            path("second-facteur/", own_factor, name="second_factor"),
            path("second-facteur/code/", give_code, name="second_factor_code"),
        ]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return search.palette(request)
