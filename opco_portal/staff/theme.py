"""How the administration looks: the portal's own colours in Unfold's scales, its menu and its search."""

from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# What the theme needs beyond the public policy: Alpine compiles the attributes of its templates, which carry styles.
RELAXED: dict[str, Any] = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


def favicon(request: HttpRequest) -> str:
    return static("favicon.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("css/admin.css")


def corrections(request: HttpRequest) -> str:
    return static("css/corrections.css")


# From warm paper to ink, and from the softest to the darkest pine green: the tokens of static/css/portal.css where it
# has one (base 50, 200, 300 and 600 in the light, 800 to 950 in the dark; primary 600 in the light, 500 in the dark).
COLORS = {
    "base": {
        "50": "#faf8f4",
        "100": "#f3efe7",
        "200": "#e3ded4",
        "300": "#c9c2b4",
        "400": "#8e9893",
        "500": "#66716c",
        "600": "#5b6662",
        "700": "#3d4845",
        "800": "#2e3835",
        "900": "#1c2321",
        "950": "#141917",
    },
    "primary": {
        "50": "#f2f8f6",
        "100": "#e4f0ec",
        "200": "#c8e3da",
        "300": "#a9d9cb",
        "400": "#8fd6c3",
        "500": "#7fd0bb",
        "600": "#0d5c4d",
        "700": "#0b4f42",
        "800": "#0e443a",
        "900": "#1d3a33",
        "950": "#0b1f1a",
    },
    "font": {
        "subtle-light": "#5b6662",
        "subtle-dark": "#a5b0ab",
        "default-light": "#333d3a",
        "default-dark": "#d3d9d3",
        "important-light": "#1b2422",
        "important-dark": "#eef1ec",
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Portail OPCO",
    "SITE_HEADER": "Portail OPCO",
    "SITE_ICON": favicon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "STYLES": [stylesheet, corrections],
    "COLORS": COLORS,
    "BORDER_RADIUS": "8px",
    "ACCOUNT": {
        "navigation": [
            {"title": "Changer de mot de passe", "link": reverse_lazy("admin:password_change")},
            {"title": "Second facteur", "link": reverse_lazy("admin:second_factor")},
        ]
    },
    "SIDEBAR": {"navigation": "opco_portal.staff.menu.navigation", "show_all_applications": False},
}
