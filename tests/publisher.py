"""A publisher for the tests: a real HTTP server that offers data.gouv.fr's dataset and its files, and misbehaves."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

DATASET = "/api/1/datasets/siro/"


class Publisher:
    """Offers vintages of the SIRET-OPCO table; every answer can be replaced by a bad one."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.dataset = server.url_for(DATASET)
        self.resources: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[Request], Response]] = {DATASET: self._describe}
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        answer = self.answers.get(request.path)
        return answer(request) if answer else Response("absent", status=404)

    def _describe(self, request: Request) -> Response:
        return json_response({"title": "Table SIRET-OPCO", "resources": self.resources})

    def offer(self, month: str, body: bytes, **told: Any) -> None:
        """Publish a file as siro-<month>.csv; `told` replaces what the dataset says of it."""
        self.offer_through(month, ranged(body), body, **told)

    def offer_through(
        self, month: str, answer: Callable[[Request], Response], body: bytes | None = None, **told: Any
    ) -> None:
        """Publish a file whose answers a function makes; with its body, the dataset tells size and checksum."""
        path = f"/files/siro-{month}.csv"
        self.answers[path] = answer
        self.list(month, path, body, **told)

    def describe_through(self, answer: Callable[[Request], Response]) -> None:
        """Replace the dataset's description."""
        self.answers[DATASET] = answer

    def list(self, month: str, path: str, body: bytes | None, **told: Any) -> None:
        """Describe a file in the dataset, before what was described earlier."""
        resource = {
            "title": f"siro-{month}.csv",
            "format": "csv",
            "mime": "text/csv",
            "url": self.server.url_for(path),
            "last_modified": f"{month[:4]}-{month[4:]}-18T08:00:00+00:00",
            "filesize": None if body is None else len(body),
            "checksum": None if body is None else {"type": "sha1", "value": hashlib.sha1(body).hexdigest()},
        }
        self.resources.insert(0, resource | told)

    def start_again(self) -> None:
        """Offer nothing, and behave."""
        self.resources.clear()
        self.answers = {DATASET: self._describe}


def json_response(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def ranged(body: bytes) -> Callable[[Request], Response]:
    """A handler that serves a body as a static server does: with an ETag, whole or from where it is asked."""
    etag = f'"{hashlib.md5(body).hexdigest()}"'

    def answer(request: Request) -> Response:
        start = start_of(request) if request.headers.get("If-Range") == etag else 0
        response = Response(body[start:], status=206 if start else 200, content_type="text/csv")
        response.headers["ETag"] = etag
        response.headers["Accept-Ranges"] = "bytes"
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return response

    return answer


def cut_after(body: bytes, sent: int, *, etag: str = "") -> Response:
    """An answer that announces the whole body and breaks off."""

    def pieces() -> Iterator[bytes]:
        yield body[:sent]

    response = Response(pieces(), content_type="text/csv")
    response.headers["Content-Length"] = str(len(body))
    if etag:
        response.headers["ETag"] = etag
    return response


def start_of(request: Request) -> int:
    """Where the asked range begins; 0 without one."""
    value = request.headers.get("Range", "")
    return int(value.removeprefix("bytes=").removesuffix("-")) if value.startswith("bytes=") else 0
