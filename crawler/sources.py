"""Where images come from: every source by its kind, one line each.

Light to import, so that the command line can check a source before Scrapy is loaded.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from crawler.errors import SourceError
from pipeline.settings import PREFIX, Settings

if TYPE_CHECKING:
    from crawler.spiders.images import ImageSpider


@dataclass(frozen=True)
class Source:
    """A kind of source: its spider, how it is written, and what it cannot do without.

    `form` is `site:URL`; where the place is optional, `commons[:URL]`. `needs` are
    names of settings that have to be set.
    """

    spider: str
    form: str
    needs: tuple[str, ...] = ()

    @property
    def needs_place(self) -> bool:
        return ":" in self.form and "[" not in self.form


SOURCES = {
    "commons": Source(
        "crawler.spiders.commons.CommonsSpider", "commons[:URL]", ("contact",)
    ),
    "openverse": Source(
        "crawler.spiders.openverse.OpenverseSpider", "openverse[:URL]", ("contact",)
    ),
    "flickr": Source(
        "crawler.spiders.flickr.FlickrSpider", "flickr[:URL]", ("flickr_key",)
    ),
    "pexels": Source(
        "crawler.spiders.pexels.PexelsSpider", "pexels[:URL]", ("pexels_key",)
    ),
    "site": Source("crawler.spiders.site.SiteSpider", "site:URL"),
    "folder": Source("crawler.spiders.folder.FolderSpider", "folder:PATH"),
}
_WHAT = {
    "contact": "an e-mail address or a URL under which you can be reached",
}


def parse(source: str) -> tuple[str, str]:
    """Kind and place of `site:https://example.org/`; the place may be empty.

    Raises:
        SourceError: there is no such kind, or its place is missing.
    """
    kind, _, place = source.strip().partition(":")
    known = SOURCES.get(kind)
    if known is None or (known.needs_place and not place.strip()):
        forms = [one.form for one in SOURCES.values()]
        raise SourceError(
            f"unknown source {source!r}: expected {', '.join(forms[:-1])} "
            f"or {forms[-1]}"
        )
    if "://" in place and "@" in place.partition("://")[2].partition("/")[0]:
        raise SourceError(
            f"source {kind}: an address with a user name or password is not asked"
        )
    return kind, place.strip()


def check(source: str, settings: Settings) -> None:
    """Return if a crawl of this source can begin with these settings.

    Raises:
        SourceError: it is none of ours, or it needs a setting that is not set.
    """
    kind, _place = parse(source)
    for name in SOURCES[kind].needs:
        if not getattr(settings, name):
            what = _WHAT.get(name, "your key for its API")
            raise SourceError(f"source {kind} needs {what}: set {PREFIX}{name.upper()}")


def spider_of(kind: str) -> "type[ImageSpider]":
    """The spider's class, imported only now."""
    module, _, name = SOURCES[kind].spider.rpartition(".")
    spider: type[ImageSpider] = getattr(import_module(module), name)
    return spider
