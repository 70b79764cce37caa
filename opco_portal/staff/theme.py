"""How the administration looks: the portal's own colours in Unfold's scales."""

from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE

# What the theme needs beyond the public policy: Alpine compiles the attributes of its templates, which carry styles.
RELAXED: dict[str, Any] = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Portail OPCO",
    "SITE_HEADER": "Portail OPCO",
    "BORDER_RADIUS": "8px",
    "SIDEBAR": {"show_search": False, "show_all_applications": True},
}
