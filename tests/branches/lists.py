"""The pages and workbooks of the Dares, served by a real HTTP server."""

from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.source import source_named

PAGE = "/nomenclatures"


class Dares:
    """Publishes files on a page and runs the source that follows it."""

    def __init__(self, server, code, monkeypatch):
        self.server, self.source = server, source_named(code)
        monkeypatch.setattr(type(self.source), "base_url", server.url_for(PAGE))

    def publish(self, address, body, *, but=()):
        """Put a file at an address and link to it from the page, with older ones beside it."""
        self.server.clear()
        links = "".join(f'<li><a href="{link}">Télécharger</a></li>' for link in (*but, address))
        self.server.expect_request(PAGE).respond_with_data(f"<ul>{links}</ul>", content_type="text/html")
        self.server.expect_request(address).respond_with_data(body)

    def sync(self, file=None, **order):
        run = synchronise(self.source, prepare(self.source, Order(**order)), file=file)
        run.refresh_from_db()
        return run


def table(run, code):
    """The rows of a table of a run's report."""
    return next((table["rows"] for table in run.report["tables"] if table["code"] == code), [])
