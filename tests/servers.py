"""A pytest plugin: PostgreSQL and Valkey for the whole run, up before pytest-django reads the settings.

It is loaded by `-p tests.servers`. Nothing is started when DATABASE_URL and REDIS_URL are set, which is also
how the workers of pytest-xdist inherit the servers of their controller.
"""

import contextlib
import os
from collections.abc import Generator

import pytest

from opco_portal.local import throwaway_servers


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        separate_cache(worker)
    else:
        stack = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ.update(stack.enter_context(throwaway_servers()))
    return (yield)


def separate_cache(worker: str) -> None:
    """Give each parallel worker its own Valkey database, as pytest-django does for PostgreSQL."""
    server, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw')) + 1}"
