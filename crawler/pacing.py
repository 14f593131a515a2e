"""Which requests are tried again, and how far apart they are sent."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings

from crawler.backoff import Backoff
from crawler.meta import HOST_SLOT, IS_API
from crawler.origins import host_of
from crawler.refusals import RATE_LIMITED, CrawlEndsError, RefusedError, status_line

BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_NO_AUTOTHROTTLE = "autothrottle_dont_adjust_delay"


class SlotMiddleware:
    """Lets every hop of a redirection join the requests of its own host.

    Scrapy writes the slot of the first host into the request, where it would stay.
    """

    def process_request(self, request: Request) -> None:
        if request.meta.get(HOST_SLOT):
            request.meta.pop(Downloader.DOWNLOAD_SLOT, None)
            request.meta.pop(_NO_AUTOTHROTTLE, None)
        request.meta[HOST_SLOT] = Downloader.DOWNLOAD_SLOT not in request.meta


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's own, which leaves a host alone between the tries.

    Nothing else is sent to that host either: the gate right before the network, see
    `crawler.gate`, asks the same `backoff`.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self.backoff = Backoff()

    def process_request(self, request: Request) -> None:
        # What would only be refused at the gate need not wait for its turn there.
        self.backoff.wait_s(host_of(request.url))

    def process_response(  # type: ignore[override]  # Scrapy's takes the spider too
        self, request: Request, response: Response
    ) -> Request | Response:
        if response.status not in BUSY:
            return super().process_response(request, response)
        host, is_wanted = host_of(request.url), _is_wanted(request, response.status)
        note_busy(self.backoff, host, response)  # some say so in their bodies alone
        try:
            self.backoff.wait_s(host)
        except RefusedError:
            if is_wanted:
                return response
            raise
        tried = super().process_response(request, response)
        is_last = tried is response and not is_wanted
        if is_last and response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RefusedError(RATE_LIMITED, f"answers {status_line(response)}")
        return tried

    def process_exception(  # type: ignore[override]  # Scrapy's takes the spider too
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        if isinstance(exception, CrawlEndsError) and request.callback != NO_CALLBACK:
            return request.replace(dont_filter=True)  # for the crawl that goes on
        return super().process_exception(request, exception)


def note_busy(backoff: Backoff, host: str, response: Response) -> None:
    """Leave a host alone that answered it is busy; noted twice, it is as if once."""
    wait_s = retry_after(response, now=datetime.now(UTC))
    if wait_s is None:
        backoff.failed(host, busy=True)
    else:
        backoff.asked_for(host, wait_s)


def keep_distance(crawler: Crawler, request: Request, delay_s: float) -> None:
    """From now on leave at least this long between two requests in a download slot."""
    downloader = crawler.engine.downloader
    key = downloader.get_slot_key(request)
    usual_s = crawler.settings.getfloat("DOWNLOAD_DELAY")
    known = downloader.per_slot_settings.get(key, {})
    delay_s = max(delay_s, known.get("delay", usual_s))
    fixed = {"delay": delay_s, "jitter": 0.0, "concurrency": 1}
    downloader.per_slot_settings[key] = fixed
    if slot := downloader.slots.get(key):
        slot.delay, slot.jitter, slot.concurrency = delay_s, 0.0, 1
    request.meta[_NO_AUTOTHROTTLE] = True


def retry_after(response: Response, *, now: datetime) -> float | None:
    """The seconds that a busy server asks to be left alone, if it names them."""
    said = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):  # no date either
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _is_wanted(request: Request, status: int) -> bool:
    """Whether whoever asked makes something of this status itself."""
    return bool(
        request.meta.get(IS_API)
        or request.meta.get("handle_httpstatus_all")
        or status in request.meta.get("handle_httpstatus_list", ())
    )
