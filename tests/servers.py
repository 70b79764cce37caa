"""A pytest plugin: PostgreSQL and Valkey for the whole run, up before pytest-django reads the settings.

It is loaded by `-p tests.servers`. Nothing is started when DATABASE_URL and REDIS_URL are set, which is also
how the workers of pytest-xdist inherit the servers of their controller.
"""

import contextlib
import os
from collections.abc import Generator
from urllib.parse import urlsplit

import pytest

from opco_portal.local import LocalError, throwaway_servers

# Nobody is asked over the network: a test that wants an upstream serves one and names it in the settings.
UPSTREAMS = ("COMPANIES_API", "CFA_DOCK_API", "FRANCE_COMPETENCES_API", "FRANCE_COMPETENCES_KEY")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    os.environ.update(dict.fromkeys(UPSTREAMS, ""))
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        separate_cache(worker)
    else:
        stack = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        try:
            os.environ.update(stack.enter_context(throwaway_servers()))
        except LocalError as error:
            raise pytest.UsageError(str(error)) from error
    return (yield)


def separate_cache(worker: str) -> None:
    """Give each parallel worker its own Valkey database, as pytest-django does for PostgreSQL."""
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
