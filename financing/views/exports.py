"""An estimate to take away, under the address of its page: a page for a file, tables for a spreadsheet."""

import logging
from dataclasses import dataclass

import typst
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from branches.evidence import reference
from financing.calculator import Estimate, Rulebook, estimate
from financing.exports import estimate_table
from financing.forms import ProjectForm
from financing.pdf import estimate_pdf
from financing.pdf.sheet import Subject, sheet
from financing.rulebook import rulebook
from financing.views.addresses import address_of
from opco_portal.corrections.formats import download

NO_PDF = "impossible"  # what the address then says, for the page to tell
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What the address asks, worked out."""

    form: ProjectForm
    book: Rulebook
    found: Estimate
    address: str

    @property
    def name(self) -> str:
        """Of the file."""
        company = self.form.asker.idcc or ""
        return f"financement {self.form.asker.opco} {company} {self.found.on}"


def _asked(request: HttpRequest) -> Asked | HttpResponse:
    """The estimate of the address; the page that says what is wrong, where something is."""
    form = ProjectForm(request.GET, current=reference())
    if not form.is_valid():
        return redirect(address_of("financing", request.GET))
    known = {name: request.GET[name] for name in request.GET if name in form.fields}
    address = address_of("financing", known)
    book = rulebook(form.asker.opco, form.current.version)
    found = estimate(form.project(), book, form.day)
    return Asked(form, book, found, request.build_absolute_uri(address))


@require_safe
def estimate_pdf_file(request: HttpRequest) -> HttpResponse:
    """/financements/estimation.pdf"""
    asked = _asked(request)
    if isinstance(asked, HttpResponse):
        return asked
    form, now = asked.form, timezone.localtime()
    opco = form.current.opcos[form.asker.opco]
    subject = Subject(asked.found, form.asker, opco, asked.book.own, asked.address, now.date())
    try:
        written = estimate_pdf(sheet(subject), now)
    except typst.TypstError:
        logger.exception("no PDF of an estimate")
        return redirect(f"{asked.address}&pdf={NO_PDF}")
    response = HttpResponse(written, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{slugify(asked.name)}.pdf"'
    return unlisted(response)


@require_safe
def estimate_table_file(request: HttpRequest, kind: str) -> HttpResponse:
    """/financements/estimation.csv and .xlsx: a line for each cost of each option."""
    asked = _asked(request)
    if isinstance(asked, HttpResponse):
        return asked
    return unlisted(download(estimate_table(asked.found, asked.form.asker.opco_name), kind, asked.name))


def unlisted(response: HttpResponse) -> HttpResponse:
    """Search engines list the page of the form, not every answer."""
    response["X-Robots-Tag"] = "noindex"
    return response
