"""Production starts only when it is fully configured, and then safely; each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "x" * 60 + "abcdefghij1234567890",
    "ALLOWED_HOSTS": "portail.example",
    "DATABASE_URL": "postgres://portal@db.example/portal",
    "REDIS_URL": "redis://cache.example/0",
}


def python(code, home, **environment):
    inherited = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import django\n{code}"],
        env={
            **inherited,
            **environment,
            "DJANGO_SETTINGS_MODULE": "opco_portal.settings",
            "PORTAL_HOME": str(home),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", list(PRODUCTION))
def test_production_refuses_to_start_without_what_it_needs(missing, tmp_path):
    variables = {key: value for key, value in PRODUCTION.items() if key != missing}
    run = python("django.setup()", tmp_path, **variables)
    assert run.returncode != 0
    assert f"{missing} is not set" in run.stderr


def test_the_deployment_checks_are_clean(tmp_path):
    code = """
from django.core.management import call_command
django.setup()
call_command("check", deploy=True, fail_level="WARNING")
"""
    run = python(code, tmp_path, **PRODUCTION)
    assert run.returncode == 0, run.stderr


def test_hashed_static_files_can_be_collected(tmp_path):
    code = """
from django.core.management import call_command
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
from django.templatetags.static import static
print(static("favicon.svg"))
"""
    run = python(code, tmp_path, **PRODUCTION, STATIC_ROOT=str(tmp_path / "static"))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("/static/favicon.")
