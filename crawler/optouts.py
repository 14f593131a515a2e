"""Opt-out signals: what a server or page says that crawlers must leave alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from itertools import islice

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from crawler.meta import OPT_OUTS
from crawler.settings import BOT_NAME
from crawler.text import absolute
from pipeline.ingest import OptOut

_IMAGES_OPTED_OUT = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_LINKS_OPTED_OUT = frozenset({"nofollow", "none"})
# Directives with a value behind a colon, which is no name of a crawler before it.
_VALUED = re.compile(r"unavailable_after|max-[a-z-]+")
_OPT_OUT = re.compile(r"no[a-z-]{1,40}")
_USAGE = re.compile(r"\s*([a-z*][a-z0-9_.*-]{0,40})\s*=\s*n\s*(?:;.*)?", re.DOTALL)
_LONGEST_HEADER = 10_000
_MOST_SIGNALS = 50
_MOST_METAS = 1000

TDM_RESERVED = "tdm-reservation=1"
_RESERVATION, _POLICY = "tdm-reservation", "tdm-policy"

Metas = dict[str, list[str]]


class Policy(StrEnum):
    """What becomes of an image that asks to be left alone."""

    OBEY = "obey"
    RECORD = "record"
    IGNORE = "ignore"


def signals(
    response: Response, of: str, policy: Policy = Policy.OBEY
) -> tuple[OptOut, ...]:
    """Every opt-out signal about a response, those that were read elsewhere included;
    `of` is `image` or `page`."""
    if policy is Policy.IGNORE:
        return ()
    metas = _metas(response)
    found = [OptOut(no, f"{where} of the {of}") for no, where in _noes(response, metas)]
    found += _reserved(response, metas, of)
    found += _usage(response, of)
    found += _read_elsewhere(response, of)
    return tuple(dict.fromkeys(found))[:_MOST_SIGNALS]


def refuses_images(observed: Iterable[OptOut], policy: Policy) -> bool:
    """Whether, under this policy, an image with these signals is left alone."""
    if policy is not Policy.OBEY:
        return False
    return not _IMAGES_OPTED_OUT.isdisjoint(signal.directive for signal in observed)


def opts_out_links(response: Response) -> bool:
    """Whether a page asks that its links are not followed."""
    noes = _noes(response, _metas(response))
    return any(no in _LINKS_OPTED_OUT for no, _where in noes)


def usage_denied(text: str) -> list[str]:
    """`train-ai=n` for every use that the text of a `Content-Usage` denies."""
    parts = text[:_LONGEST_HEADER].lower().split(",")
    found = (_USAGE.fullmatch(part) for part in parts)
    return [f"{match[1]}=n" for match in found if match]


def add_signals(request: Request, observed: Iterable[OptOut]) -> None:
    """Let the response to a request tell these as well; `seen_in` is to be said before
    `of the image's host`.

    What was added on the way to a redirection stays: the first address is meant too.
    """
    found = [*request.meta.get(OPT_OUTS, ()), *map(asdict, observed)]
    kept = [one for at, one in enumerate(found) if one not in found[:at]]
    if kept:
        request.meta[OPT_OUTS] = kept[:_MOST_SIGNALS]


def _read_elsewhere(response: Response, of: str) -> Iterator[OptOut]:
    if response.request is None:
        return
    for said in response.request.meta.get(OPT_OUTS, ()):
        place = f"{said['seen_in']} of the {of}'s host"
        yield OptOut(said["directive"], place, said["policy_url"])


def _noes(response: Response, metas: Metas) -> Iterator[tuple[str, str]]:
    """The robots directives that forbid something to everybody or to us, each with the
    place where it was read."""
    for header in _headers(response, "X-Robots-Tag"):
        for part in _for_us(header.lower().split(",")):
            yield from ((no, "X-Robots-Tag") for no in _words(part))
    for name in ("robots", BOT_NAME):
        for content in metas.get(name, ()):
            for part in content.lower().split(","):
                yield from ((no, f"<meta name={name}>") for no in _words(part))


def _for_us(parts: Iterable[str]) -> Iterator[str]:
    """The parts of `bot: a, b, other: c` that are for us; a name holds until the next
    one, and without one everybody is meant."""
    scope = "*"
    for part in parts:
        head, colon, rest = part.partition(":")
        name = head.strip()
        is_scoped = colon and " " not in name and not _VALUED.fullmatch(name)
        if is_scoped:
            scope = name.partition("/")[0] or "*"
        if scope in ("*", BOT_NAME):
            yield rest if is_scoped else part


def _words(part: str) -> Iterator[str]:
    """Directives, whether or not somebody forgot the commas; dates are none."""
    words = part.split()
    if len(words) == 1 or not any(char.isdigit() for char in part):
        yield from (word for word in words if _OPT_OUT.fullmatch(word))


def _reserved(response: Response, metas: Metas, of: str) -> Iterator[OptOut]:
    """What the TDM Reservation Protocol says in headers and meta tags."""
    if "1" in _headers(response, _RESERVATION):
        policies = _headers(response, _POLICY)
        yield _reservation(f"{_RESERVATION} header of the {of}", policies, response)
    if "1" in metas.get(_RESERVATION, ()):
        policies = metas.get(_POLICY, [])
        where = f"<meta name={_RESERVATION}> of the {of}"
        yield _reservation(where, policies, response)


def _reservation(seen_in: str, policies: list[str], response: Response) -> OptOut:
    policy_url = absolute(policies[0], response.url) if policies else None
    return OptOut(TDM_RESERVED, seen_in, policy_url)


def _usage(response: Response, of: str) -> Iterator[OptOut]:
    said = ",".join(_headers(response, "Content-Usage"))
    for directive in usage_denied(said):
        yield OptOut(directive, f"Content-Usage header of the {of}")


def _headers(response: Response, name: str) -> list[str]:
    values = response.headers.getlist(name)
    return [value.decode("latin-1")[:_LONGEST_HEADER].strip() for value in values]


def _metas(response: Response) -> Metas:
    """The contents of the meta tags by name."""
    found: Metas = {}
    if isinstance(response, HtmlResponse):
        for meta in islice(response.xpath("//meta[@name and @content]"), _MOST_METAS):
            name = meta.attrib["name"].strip().lower()
            content = meta.attrib["content"][:_LONGEST_HEADER].strip()
            found.setdefault(name, []).append(content)
    return found
