"""Where the wheels that carry the servers are installed."""

import importlib.util
from pathlib import Path

from opco_portal.local.guardian import LocalError


def package_folder(name: str) -> Path:
    """Return the folder of an installed package, without importing it: both wheels do much when imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LocalError(f"Le paquet Python « {name} » manque : passez par « make run », qui l’installe.")
    return Path(spec.submodule_search_locations[0])
