"""Why an image or a page is not fetched or kept: a closed set of reasons."""

from http import HTTPStatus

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from pipeline import ingest
from pipeline.ingest import FORGOTTEN, Known

ROBOTS = "robots"
OPTED_OUT = ingest.OPTED_OUT
NOT_AN_IMAGE = "not-an-image"
TOO_LARGE = "too-large"
HTTP_ERROR = "http-error"
TIMEOUT = "timeout"
UNREACHABLE = "unreachable"
ADDRESS_REFUSED = "address-refused"
RATE_LIMITED = "rate-limited"
LICENCE = "licence"
UNREADABLE = "unreadable"

REASONS = (
    *(ROBOTS, OPTED_OUT, NOT_AN_IMAGE, TOO_LARGE, HTTP_ERROR, TIMEOUT, UNREACHABLE),
    *(ADDRESS_REFUSED, RATE_LIMITED, FORGOTTEN, LICENCE, UNREADABLE),
)


class RefusedError(IgnoreRequest):
    """A request that must not be sent; `reason` is one of `REASONS`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class KnownImageError(IgnoreRequest):
    """An image that was fetched before, and need not be asked for again."""

    def __init__(self, known: Known) -> None:
        super().__init__(f"kept already as {known.digest}")
        self.known = known


class PlannedError(IgnoreRequest):
    """A request that a dry run does not send, and that nothing speaks against."""


class CrawlEndsError(IgnoreRequest):
    """A request that is not sent because the crawl ends; it waits for another one."""


def reason_of(error: BaseException) -> str:
    """The reason in our words for what went wrong with a request."""
    match error:
        case RefusedError():
            return error.reason
        case DownloadCancelledError():
            return TOO_LARGE
        case DownloadTimeoutError():
            return TIMEOUT
        case ResponseDataLossError() | ValueError() | LookupError():
            # Broken off, or with a charset or a Location that is none.
            return UNREADABLE
        case IgnoreRequest():
            # Scrapy's own: too large once inflated, a bad status, too many redirects.
            return TOO_LARGE if "DOWNLOAD_MAXSIZE" in str(error) else HTTP_ERROR
    return UNREACHABLE


def explain(error: BaseException, *, url: str, timeout_s: float) -> str:
    """One line for the person who named the site `url`."""
    return f"site {url} {what_happened(error, timeout_s=timeout_s)}"


def what_happened(error: BaseException, *, timeout_s: float) -> str:
    """What a site does instead of answering, to be said after its name."""
    match error:
        case RefusedError():
            return str(error)
        case HttpError():
            return f"answers {status_line(error.response)}"
        case DownloadConnectionRefusedError():
            cause = "connection refused"
        case CannotResolveHostError():
            cause = "its name cannot be resolved"
        case DownloadTimeoutError():
            cause = f"nothing came within {timeout_s:g} s"
        case DownloadCancelledError():
            return "sends too large a page"
        case ResponseDataLossError() | ValueError() | LookupError():
            return "sends an answer that cannot be read"
        case IgnoreRequest():
            return f"cannot be crawled: {error}"
        case _:
            cause = _first_line(error)
            if "certificate" in cause:
                cause = "its certificate is not trusted"
    return f"does not answer: {cause}"


def status_line(response: Response) -> str:
    """`404 Not Found`."""
    try:
        return f"{response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:
        return str(response.status)


def _first_line(error: BaseException) -> str:
    # Twisted wraps the cause in a list of failures without a message of its own.
    for reason in getattr(error.__cause__, "reasons", ()):
        if text := str(getattr(reason, "value", reason)):
            return text.splitlines()[0]
    return (str(error) or type(error).__name__).splitlines()[0]
