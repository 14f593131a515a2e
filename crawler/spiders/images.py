"""What all spiders share: asking for an image and telling what came."""

from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.items import ImageItem
from crawler.middlewares import IS_IMAGE
from crawler.politeness import opts_out_images
from crawler.refusals import OPTED_OUT, KnownImageError, reason_of
from pipeline.ingest import Sighting

_PRIORITY = 100  # above pages of any depth, so that few images wait in memory
_ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/*;q=0.8"


class ImageSpider(Spider):
    """Base of the spiders: yields `image_request(sighting)` for what matches."""

    def __init__(self, keyword: str, where: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keyword = keyword
        self.where = where

    def image_request(self, sighting: Sighting, **meta: Any) -> Request:
        return Request(
            sighting.url,
            self.parse_image,
            errback=self.image_failed,
            headers={"Accept": _ACCEPT},
            priority=_PRIORITY,
            dont_filter=True,  # each URL comes once, and may have been tried as a page
            cb_kwargs={"sighting": sighting},
            meta={IS_IMAGE: True, **meta},
        )

    def parse_image(self, response: Response, sighting: Sighting) -> ImageItem:
        size_bytes = len(response.body)
        if opts_out_images(response):
            return ImageItem(sighting, reason=OPTED_OUT, size_bytes=size_bytes)
        return ImageItem(sighting, content=response.body, size_bytes=size_bytes)

    def image_failed(self, failure: Failure) -> ImageItem:
        sighting = failure.request.cb_kwargs["sighting"]  # type: ignore[attr-defined]  # Scrapy adds it
        if isinstance(failure.value, KnownImageError):
            return ImageItem(sighting, known_digest=failure.value.digest)
        return ImageItem(sighting, reason=reason_of(failure.value or failure))
