"""Why an upstream gave no answer: one family, so that a page can go on without it in one `except`."""


class UpstreamError(Exception):
    """An upstream gave no answer that the portal can use."""


class Unavailable(UpstreamError):
    """It could not be reached, was too slow or failed; `passing` when another try at once may well succeed."""

    def __init__(self, why: str, *, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


class Busy(UpstreamError):
    """Too many questions, by the portal's own pace or the upstream's word; `retry_after` in seconds, if it said."""

    def __init__(self, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class BadAnswer(UpstreamError):
    """It answered what its contract does not foresee: a web page, broken JSON, far too much, another server."""


class Refused(UpstreamError):
    """It works, and refuses this question: a wrong key or parameter."""
