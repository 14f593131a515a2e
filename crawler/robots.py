"""robots.txt by RFC 9309: what it forbids, and how far apart requests are to be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from w3lib.encoding import read_bom

from crawler.meta import LOCAL_FILE
from crawler.optouts import Policy, add_signals, usage_denied
from crawler.origins import OncePerOrigin, answer_to, side_request
from crawler.pacing import keep_distance
from crawler.refusals import (
    HTTP_ERROR,
    ROBOTS,
    RefusedError,
    reason_of,
    status_line,
    what_happened,
)
from crawler.settings import BOT_NAME
from pipeline.ingest import OptOut

LONGEST_DELAY_S = 600.0  # who wants more distance does not want to be crawled
READ_BYTES = 512 * 1024  # the RFC wants at least 500 KiB to be read
_LIMIT_BYTES = 5_000_000  # what is larger is not even received
_MOST_USAGES = 200
_AGENT_LINE = re.compile(r"user[- ]?agent(?:\s*:|\s)\s*([^\s/]*)", re.IGNORECASE)
_SITE_LINE = re.compile(r"(?:sitemaps?|site-map|host)\s*:", re.IGNORECASE)
_USAGE_LINE = re.compile(r"content-usage\s*:\s*(?:(/\S*)\s+)?(.*)", re.IGNORECASE)
_EVERYBODY = "*"


class RobotsText(RobotParser):
    """What one robots.txt says to us."""

    def __init__(self, body: bytes = b"") -> None:
        rules, site_wide = _for_us(decoded(body))
        self.weight = len(rules) + len(site_wide)
        text = "\n".join([*site_wide, f"User-agent: {_EVERYBODY}", *rules])
        self.rp = Protego.parse(text)
        self._usages = list(islice(_usages(rules), _MOST_USAGES))

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> "RobotsText":
        return cls(robotstxt_body)

    def allowed(self, url: str | bytes, user_agent: str | bytes = BOT_NAME) -> bool:
        return self.rp.can_fetch(str(url), BOT_NAME)

    def crawl_delay(self, user_agent: str | bytes = BOT_NAME) -> float:
        return self.rp.crawl_delay(BOT_NAME) or 0.0

    def usage_of(self, url: str) -> list[str]:
        """`train-ai=n` for every use of this URL that is denied."""
        found = [usage for usage in self._usages if usage.pattern.matches(url)]
        longest = max((len(usage.path) for usage in found), default=0)
        denied = (usage.denied for usage in found if len(usage.path) == longest)
        return list(dict.fromkeys(no for directives in denied for no in directives))


class Pattern:
    """A path with `*` and `$` as in robots.txt."""

    def __init__(self, path: str) -> None:
        word = (path.split() or [""])[0]
        self._rules = Protego.parse(f"User-agent: *\nDisallow: {word}")

    def matches(self, url: str) -> bool:
        return not self._rules.can_fetch(url, BOT_NAME)


@dataclass(frozen=True)
class _Usage:
    path: str
    pattern: Pattern
    denied: list[str]


class RobotsMiddleware:
    """Refuses what robots.txt forbids, and keeps the distance that it asks for.

    Opposed to Scrapy's own, a robots.txt that cannot be had because its server fails
    forbids everything, and everybody who waits for it hears why.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._policy = Policy(crawler.settings["CRAWL_OPT_OUTS"])
        self._robots = OncePerOrigin(self._ask, _weight)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt") or LOCAL_FILE in request.meta:
            return
        said = await self._robots.get(request)
        if isinstance(said, RefusedError):
            raise RefusedError(said.reason, str(said))
        if not said.allowed(request.url):
            raise RefusedError(ROBOTS, "may not be crawled: its robots.txt forbids it")
        self._keep_distance(request, said.crawl_delay())
        if self._policy is not Policy.IGNORE:
            where = "Content-Usage in robots.txt"
            denied = said.usage_of(request.url)
            add_signals(request, [OptOut(directive, where) for directive in denied])

    def _keep_distance(self, request: Request, delay_s: float) -> None:
        if delay_s > LONGEST_DELAY_S:
            raise RefusedError(
                ROBOTS,
                f"may not be crawled: its robots.txt asks for {delay_s:.0f} s between "
                f"two requests, at most {LONGEST_DELAY_S:.0f} s are waited",
            )
        if delay_s > 0:
            keep_distance(self._crawler, request, delay_s)

    async def _ask(self, origin: str, request: Request) -> RobotsText | RefusedError:
        asking = side_request(f"{origin}/robots.txt", request, limit_bytes=_LIMIT_BYTES)
        asking.meta["dont_obey_robotstxt"] = True
        asking.meta["handle_httpstatus_list"] = [int(HTTPStatus.TOO_MANY_REQUESTS)]
        answer = await answer_to(self._crawler, asking)
        if isinstance(answer, Exception):
            return self._without(answer)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            said = f"its robots.txt answers {status_line(answer)}"
            return RefusedError(ROBOTS, f"may not be crawled: {said}")
        if answer.status != HTTPStatus.OK:
            return RobotsText()
        return await self._parsed(answer, request)

    def _without(self, error: Exception) -> RobotsText | RefusedError:
        """What it means that a robots.txt could not be had."""
        reason = reason_of(error)
        if reason == HTTP_ERROR:  # redirected for ever: there is none
            return RobotsText()
        timeout_s = self._crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        return RefusedError(reason, what_happened(error, timeout_s=timeout_s))

    async def _parsed(self, answer: Response, request: Request) -> RobotsText:
        said = RobotsText(answer.body)
        await self._crawler.signals.send_catch_log_async(
            signals.robots_parsed, robotparser=said, request=request
        )
        return said


def _weight(said: RobotsText | RefusedError) -> int:
    return 0 if isinstance(said, RefusedError) else said.weight


def decoded(body: bytes) -> str:
    """The text of a robots.txt, in whatever encoding, as far as it is read."""
    if len(body) > READ_BYTES:
        head = body[:READ_BYTES]
        body = head.rpartition(b"\n")[0] or head
    encoding, bom = read_bom(body)
    if encoding and bom:
        return body[len(bom) :].decode(encoding, "replace")
    body = body.replace(b"\0", b"")  # UTF-16 without a mark
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _for_us(text: str) -> tuple[list[str], list[str]]:
    """The lines of the groups that name us, else of those for everybody; and those
    that stand in no group.

    Protego would keep the rules of every crawler that is named, and some files name
    thousands.
    """
    groups: dict[str, list[str]] = {}
    site_wide = []
    named: set[str] = set()
    is_naming = False
    for line in _lines(text):
        if match := _AGENT_LINE.match(line):
            named = named if is_naming else set()
            is_naming = True
            if (name := _agent(match[1])) in (_EVERYBODY, BOT_NAME):
                named.add(name)
                groups.setdefault(name, [])
        elif _SITE_LINE.match(line):
            site_wide.append(line)
        else:
            is_naming = False
            for name in named:
                groups[name].append(line)
    return groups.get(BOT_NAME, groups.get(_EVERYBODY, [])), site_wide


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if said := line.partition("#")[0].strip():
            yield said


def _agent(said: str) -> str:
    """Whom a `User-agent` line names; asterisks at a name mean nothing."""
    return said.lower().replace(_EVERYBODY, "") or said[:1]


def _usages(rules: list[str]) -> Iterator[_Usage]:
    for rule in rules:
        if match := _USAGE_LINE.fullmatch(rule):
            path = match[1] or ""
            yield _Usage(path, Pattern(path or "/"), usage_denied(match[2]))
