"""The pages of the second factor: what comes between a password and the administration, and one's own factor."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import django_otp
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.models import Device

from opco_portal.french import typeset
from opco_portal.staff import second_factor
from opco_portal.staff.forms import CodeForm, EnrolmentForm
from opco_portal.staff.theme import RELAXED

View = Callable[[HttpRequest], HttpResponse]


def _for_staff(view: View) -> View:
    """A page of the administration for whoever gave a password; the other pages ask for the factor too."""

    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponse:
        if not (request.user.is_active and request.user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request)

    private = never_cache(sensitive_post_parameters("code", "secret")(inner))
    return cast(View, csp_update(RELAXED)(private))


@_for_staff
def give_code(request: HttpRequest) -> HttpResponse:
    """After the password, the code; or another account."""
    if "leave" in request.POST:
        logout(request)
        return redirect("admin:login")
    if second_factor.step(request.user) != second_factor.CODE:
        return redirect(_destination(request))
    form = CodeForm(request.user, request.POST or None)  # type: ignore[arg-type]
    if form.is_valid():
        _prove(request, form.device)
        return redirect(_destination(request))
    return _page(request, "code", "Second facteur", form=form)


@_for_staff
def own_factor(request: HttpRequest) -> HttpResponse:
    """Have a second factor, renew its recovery codes, or have one no longer."""
    if second_factor.step(request.user) == second_factor.CODE:
        return redirect_to_login(request.get_full_path(), reverse(second_factor.CODE))
    has_factor = request.user.has_factor  # type: ignore[union-attr]
    return _manage(request) if has_factor else _enrol(request)


def _enrol(request: HttpRequest) -> HttpResponse:
    form = EnrolmentForm(request.user, request.POST or None)  # type: ignore[arg-type]
    if form.is_valid():
        _prove(request, form.device)
        return _show_recovery_codes(request, form.recovery_codes)
    return _page(request, "enrol", "Activer un second facteur", form=form)


def _manage(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = CodeForm(user, request.POST or None)
    if form.is_valid():
        if "renew" in request.POST:
            return _show_recovery_codes(request, second_factor.new_recovery_codes(user))
        second_factor.forget(user)
        messages.success(request, "Votre compte n’a plus de second facteur.")
        return redirect(second_factor.ENROLMENT)
    left = second_factor.recovery_codes_left(user)
    return _page(request, "manage", "Second facteur", form=form, left=left)


def _show_recovery_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Once, and never again."""
    in_groups = [f"{code[:5]} {code[5:]}" for code in codes]
    return _page(request, "recovery", "Codes de secours", codes=in_groups, destination=_destination(request))


def _prove(request: HttpRequest, device: Device) -> None:
    """From now on the session is that of somebody who gave both; under another key."""
    django_otp.login(request, device)
    request.session.cycle_key()


def _destination(request: HttpRequest) -> str:
    """Where somebody was going; never to another site."""
    url = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_ours else reverse("admin:index")


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    context |= {**admin.site.each_context(request), "title": typeset(title), "subtitle": None}
    return TemplateResponse(request, f"admin/second_factor/{name}.html", context)
