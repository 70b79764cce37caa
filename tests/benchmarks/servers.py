"""The application servers that were tried for the portal: `python -m tests.benchmarks.lookup --servers`."""

from opco_portal.local.serve import HOST, WEB

WSGI, ASGI = "opco_portal.wsgi:application", "opco_portal.asgi:application"
PLACE = ["--host", HOST, "--port", "{port}"]
BIND = ["--bind", f"{HOST}:{{port}}", "--log-level", "warning"]


def granian(workers: int, threads: int, *more: str) -> list[str]:
    sizes = ["--workers", str(workers), "--blocking-threads", str(threads)]
    return [
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--log-level",
        "warning",
        *sizes,
        *more,
        *PLACE,
        WSGI,
    ]


def gunicorn(workers: int, *more: str) -> list[str]:
    return ["gunicorn", "--workers", str(workers), *more, *BIND, WSGI]


VARIANTS = {
    "the portal's choice": [*WEB, "--port", "{port}"],
    "granian 1 worker × 1 thread": granian(1, 1),
    "granian 1 × 2": granian(1, 2),
    "granian 1 × 4": granian(1, 4),
    "granian 1 × 8": granian(1, 8),
    "granian 1 × 16": granian(1, 16),
    "granian 1 × 32": granian(1, 32),
    "granian 1 × 64": granian(1, 64),
    "granian 2 × 1": granian(2, 1),
    "granian 2 × 2": granian(2, 2),
    "granian 2 × 4": granian(2, 4),
    "granian 3 × 1": granian(3, 1),
    "gunicorn sync, 2 workers": gunicorn(2),
    "gunicorn gthread, 1 × 4": gunicorn(1, "--threads", "4"),
    "gunicorn gthread, 2 × 4": gunicorn(2, "--threads", "4"),
    "granian ASGI, 1 worker": [
        *("granian", "--interface", "asgi", "--no-ws", "--log-level", "warning", "--workers", "1"),
        *(*PLACE, ASGI),
    ],
    "uvicorn ASGI, 2 workers": ["uvicorn", "--workers", "2", "--no-access-log", *PLACE, ASGI],
}
