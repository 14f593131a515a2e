"""One page, looked at and explained: what each of its images would be taken for."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from scrapy.http import HtmlResponse, Response

from crawler.events import emit
from crawler.extract import candidates, readable
from crawler.optouts import signals
from crawler.requests import claims_dumped
from crawler.spiders.site import SiteSpider


class ExplainSpider(SiteSpider):
    """Tells of every image of the start page, and fetches nothing else."""

    name = "explain"

    def parse_page(self, response: Response) -> Iterator[Any]:
        if not isinstance(response, HtmlResponse):
            return
        response = readable(response)
        observed = [
            asdict(signal) for signal in signals(response, "page", self.opt_out_policy)
        ]
        for candidate in candidates(response):
            self.sees_first(candidate.url)
            found = self.relevance_of(candidate)
            emit(
                "candidate",
                url=candidate.url,
                score=found.score,
                matches=found.matches,
                matched=found.matched,
                fields={k: text for k, text in candidate.fields.items() if text},
                claims=claims_dumped(candidate.claims),
                opt_outs=observed,
            )
        yield from ()
