"""Scrapy's download handler and decompression, with an end to what strangers send."""

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import ParseError
from twisted.web._newclient import Request as TxRequest
from twisted.web.iweb import IResponse

from crawler.refusals import UNREADABLE, RefusedError

LARGEST_HEAD_BYTES = 256 * 1024
MOST_ENCODINGS = 2


class BoundedDownloadHandler(HTTP11DownloadHandler):
    """Scrapy bounds the body of a response; here its status and headers end as well."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory


class BoundedCompression(HttpCompressionMiddleware):
    """Scrapy bounds what each encoding inflates to; here their number is bounded too.

    What cannot be inflated is refused in our words.
    """

    def process_response(  # type: ignore[override]  # Scrapy's takes the spider too
        self, request: Request, response: Response
    ) -> Request | Response:
        encodings = b",".join(response.headers.getlist("Content-Encoding"))
        if encodings.count(b",") >= MOST_ENCODINGS:
            raise RefusedError(UNREADABLE, "is packed too often")
        try:
            return super().process_response(request, response)
        except IgnoreRequest:  # too large
            raise
        except Exception as exc:  # each of its decoders has an error of its own
            raise RefusedError(UNREADABLE, "cannot be inflated") from exc


class _BoundedParser(_LenientHTTPClientParser):
    _head_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        self._head_bytes += len(line)
        if self._head_bytes > LARGEST_HEAD_BYTES:
            raise ParseError(  # type: ignore[no-untyped-call]  # Twisted has no types
                "the head of the response does not end", line[:80]
            )
        super().lineReceived(line)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    def request(self, request: TxRequest) -> Deferred[IResponse]:
        response = super().request(request)
        # As Scrapy does it: nobody lets one choose the class of the parser.
        self._parser.__class__ = _BoundedParser
        return response


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(  # noqa: N802  # Twisted's name
        self, _address: IAddress | None
    ) -> _BoundedProtocol:
        return _BoundedProtocol(  # type: ignore[no-untyped-call]  # Twisted's again
            self._quiescentCallback
        )
