"""Bring a published file to disk, whole: streamed, resumed after a cut, bounded, checked."""

import errno
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx
import stamina

from opco_portal.french import megabytes, number
from opco_portal.http import InsecureAddressError, should_retry
from opco_portal.sync.errors import Failure, Refusal
from opco_portal.sync.journal import Journal
from opco_portal.sync.publication import UNREACHABLE, Publication, words

ATTEMPTS = 6
ENOUGH_TO_TELL = 512  # bytes of a file that show whether it is a web page


def download(http: httpx.Client, published: Publication, path: Path, *, limit: int, journal: Journal) -> str:
    """Write the published file to `path`, at most `limit` bytes, and return its SHA-256.

    Raises:
        Refusal: too large, not of the announced size or checksum, a web page, or compressed in transit.
        Failure: it could not be fetched or written.
        Cancelled: somebody asked for the run to stop.
    """
    if published.size and published.size > limit:
        raise Refusal(_too_large(published.size, limit))
    try:
        with path.open("wb") as file:
            transfer = _Transfer(http, published, file, limit, journal)
            for attempt in stamina.retry_context(
                on=should_retry, attempts=ATTEMPTS, timeout=1800, wait_initial=1, wait_max=60
            ):
                with attempt:
                    transfer.go_on()
        return _verified(path, published)
    except InsecureAddressError as error:
        raise Failure(
            f"Le fichier est redirigé vers une adresse sans https : {error.request.url}."
        ) from error
    except UNREACHABLE as error:
        raise Failure(
            f"Le téléchargement n’a pas abouti ({words(error)}) : {published.url}. Les données servies restent en "
            "place ; relancez plus tard."
        ) from error
    except OSError as error:
        raise Failure(disk_words(error)) from error


def disk_words(error: OSError) -> str:
    """What the disk did not let through, and what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Le disque est plein : libérez de la place pour les téléchargements, puis relancez."
    return f"Le fichier n’a pas pu être écrit ou relu ({error.strerror}) : vérifiez le disque et les droits."


class _OtherVersion(httpx.TransportError):
    """What the server goes on with is not what it began with: to be read again from the start."""


@dataclass
class _Transfer:
    """A download under way: each try goes on from where the last one was cut, when the server can."""

    http: httpx.Client
    published: Publication
    file: BinaryIO
    limit: int
    journal: Journal
    validator: str = ""  # names the version being read, so that two versions are never joined

    def go_on(self) -> None:
        offset = self.file.tell() if self.validator else 0
        headers = {"Range": f"bytes={offset}-", "If-Range": self.validator} if offset else {}
        with self.http.stream("GET", self.published.url, headers=headers) as response:
            response.raise_for_status()
            self._refuse_compression(response)
            if not self._continues(response, offset):
                offset, self.validator = 0, _validator(response)
            if self.file.tell() != offset:
                self.file.seek(offset)
                self.file.truncate()
            total = self._total(response, offset)
            for chunk in response.iter_raw():  # as they come: a chunk that was being filled is lost by a cut
                offset += len(chunk)
                if offset > self.limit:
                    raise Refusal(_too_large(offset, self.limit))
                self.file.write(chunk)
                self.journal.progress(offset, total)

    def _continues(self, response: httpx.Response, offset: int) -> bool:
        """The server sends the rest of the same version, and not the whole again.

        Raises:
            _OtherVersion: it sends the rest of another one.
        """
        if response.status_code != 206:
            return False
        sent = re.match(r"bytes ([0-9]+)-", response.headers.get("Content-Range", ""))
        if sent is None or int(sent[1]) != offset or not self._is_same(response):
            self.validator = ""
            raise _OtherVersion("the file changed while it was read", request=response.request)
        return True

    def _is_same(self, response: httpx.Response) -> bool:
        """An answer to If-Range need not repeat a date that it was asked with; an ETag it must."""
        told, is_date = _validator(response), not self.validator.startswith('"')
        return told == self.validator or (not told and is_date)

    def _total(self, response: httpx.Response, offset: int) -> int | None:
        """Bytes of the whole file as the server or the publisher announces them."""
        length = response.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdigit() else self.published.size
        if total and total > self.limit:
            raise Refusal(_too_large(total, self.limit))
        return total

    def _refuse_compression(self, response: httpx.Response) -> None:
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding.lower() != "identity":
            raise Refusal(
                f"Le serveur a compressé le fichier ({encoding}) sans qu’on le lui demande : sa taille réelle ne "
                "peut pas être contrôlée, il n’a pas été chargé."
            )


def _validator(response: httpx.Response) -> str:
    """A strong ETag, else the date of the file, when the server accepts ranges at all."""
    if response.headers.get("Accept-Ranges") == "none":
        return ""
    etag = str(response.headers.get("ETag", ""))
    return etag if etag and not etag.startswith("W/") else str(response.headers.get("Last-Modified", ""))


def _too_large(size: int, limit: int) -> str:
    return (
        f"Le fichier publié dépasse la taille admise pour cette source ({megabytes(size)} pour {megabytes(limit)} "
        "au plus). Il n’a pas été chargé : vérifiez-le chez l’éditeur."
    )


def _verified(path: Path, published: Publication) -> str:
    """The SHA-256 of a file that is as it was announced."""
    size = path.stat().st_size
    with path.open("rb") as file:
        refuse_web_page(file.read(ENOUGH_TO_TELL))
    if published.size and size != published.size:
        raise Refusal(
            f"Le fichier reçu fait {number(size)} octets, l’éditeur en annonce {number(published.size)}. Il est "
            "incomplet ou a changé : relancez plus tard."
        )
    algorithm, expected = published.checksum or ("sha256", "")
    if expected and digest(path, algorithm) != expected:
        raise Refusal(
            f"L’empreinte {algorithm.upper()} du fichier reçu n’est pas celle que l’éditeur annonce : il a été "
            "abîmé ou remplacé. Relancez plus tard."
        )
    return expected if expected and algorithm == "sha256" else digest(path)


def digest(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def refuse_web_page(start: bytes) -> None:
    """An error page served with status 200 is the commonest wrong file of all."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        raise Refusal(
            "Le serveur a envoyé une page web à la place du fichier : sans doute une page d’erreur ou de "
            "maintenance. Relancez plus tard ; si cela dure, ouvrez l’adresse du fichier dans un navigateur."
        )
