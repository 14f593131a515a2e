"""Why an image or a page is not fetched or kept: a closed set of reasons."""

from http import HTTPStatus

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from pipeline.ingest import FORGOTTEN

ROBOTS = "robots"
OPTED_OUT = "opted-out"
NOT_AN_IMAGE = "not-an-image"
TOO_LARGE = "too-large"
HTTP_ERROR = "http-error"
TIMEOUT = "timeout"
UNREACHABLE = "unreachable"
ADDRESS_REFUSED = "address-refused"

REASONS = (
    *(ROBOTS, OPTED_OUT, NOT_AN_IMAGE, TOO_LARGE, HTTP_ERROR, TIMEOUT, UNREACHABLE),
    *(ADDRESS_REFUSED, FORGOTTEN),
)


class RefusedError(IgnoreRequest):
    """A request that must not be sent; `reason` is one of `REASONS`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class KnownImageError(IgnoreRequest):
    """An image that was fetched before and is kept under `digest`."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"kept already as {digest}")
        self.digest = digest


def reason_of(error: BaseException) -> str:
    """The reason in our words for what went wrong with a request."""
    match error:
        case RefusedError():
            return error.reason
        case DownloadCancelledError():
            return TOO_LARGE
        case DownloadTimeoutError():
            return TIMEOUT
        case IgnoreRequest():
            # Scrapy's own: too large once inflated, a bad status, too many redirects.
            return TOO_LARGE if "DOWNLOAD_MAXSIZE" in str(error) else HTTP_ERROR
    return UNREACHABLE


def explain(error: BaseException, *, url: str, timeout_s: float) -> str:
    """One line for the person who named the site `url`."""
    match error:
        case RefusedError():
            return f"site {url} {error}"
        case HttpError():
            return f"site {url} answers {status_line(error.response)}"
        case DownloadConnectionRefusedError():
            cause = "connection refused"
        case CannotResolveHostError():
            cause = "its name cannot be resolved"
        case DownloadTimeoutError():
            cause = f"nothing came within {timeout_s:g} s"
        case DownloadCancelledError():
            return f"site {url} sends too large a page"
        case IgnoreRequest():
            return f"site {url} cannot be crawled: {error}"
        case _:
            cause = _first_line(error)
            if "certificate" in cause:
                cause = "its certificate is not trusted"
    return f"site {url} does not answer: {cause}"


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
