"""One vocabulary of licences: what a URL or a few words claim, and what that allows."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from db.models import Derivatives

_LONGEST_CLAIM = 300  # a longer text is prose about licences, not the name of one


@dataclass(frozen=True)
class Licence:
    """A licence by its slug, such as `cc-by-sa-4.0`, and what it asks for."""

    slug: str
    derivatives: Derivatives
    url: str | None = None
    share_alike: bool = False
    non_commercial: bool = False
    attribution: bool = False


UNSTATED = Licence("unstated", Derivatives.UNSTATED)
OWN = Licence("own", Derivatives.ALLOWED)
ALL_RIGHTS_RESERVED = Licence("all-rights-reserved", Derivatives.FORBIDDEN)
PUBLIC_DOMAIN = Licence("public-domain", Derivatives.ALLOWED)
_OWN_WORDS = {"own", "own work", "self"}

_URL = re.compile(r"(?<![^\s(<\[\"'])(?:https?:)?//\S+")
_CC_HOSTS = {"creativecommons.org", "www.creativecommons.org"}
_CC_FOLDERS = ("/licenses/", "/publicdomain/")
_CC_PATH = re.compile(
    r"/(?P<kind>licenses|publicdomain)/(?P<code>[a-z+-]+)"
    r"(?:/(?P<version>\d\.\d))?(?:/(?P<port>(?!deed|legalcode|rdf)[a-z]{2,10})(?=/|$))?"
)
_CC_WORDS = (
    (re.compile(r"share[\s-]?alike"), "sa"),
    (re.compile(r"non[\s-]?commercial"), "nc"),
    (re.compile(r"no[\s-]?deriv(?:ative)?s?(?:[\s-]works)?"), "nd"),
    (re.compile(r"attribution"), "by"),
)
_CC_CODES = r"(?P<codes>\b(?:by|nc|nd|sa)\b(?:[\s/-]+(?:by|nc|nd|sa)\b)*)"
_CC_NAMED = re.compile(
    r"\b(?:cc|creative\s+commons)(?:\s+licen[sc]e)?[\s:-]*" + _CC_CODES
)
_CC_BARE = re.compile(_CC_CODES + r"(?:[\s-]+\d\.\d)?(?:\s+international)?")
_NEGATION = re.compile(r"\b(?:no[tn]?|none|nor|never|without|cannot)\b|n['\u2019]t\b")
_GNU = re.compile(
    r"(?P<name>\b[al]?gpl|\bg?fdl)(?![a-uw-z])[\s-]*v?(?P<version>\d(?:\.\d)?)?"
    r"(?P<later>\+|[\s-]*or[\s-]+(?:any[\s-]+)?later)?"
)
_GNU_URL = re.compile(r"https?://(?:www\.)?(?:gnu|spdx|opensource)\.org/licen[sc]es?/")
_GNU_WORDS = (
    (re.compile(r"gnu\s+lesser\s+general\s+public\s+licen[sc]e"), "lgpl"),
    (re.compile(r"gnu\s+affero\s+general\s+public\s+licen[sc]e"), "agpl"),
    (re.compile(r"gnu\s+general\s+public\s+licen[sc]e"), "gpl"),
    (re.compile(r"gnu\s+free\s+documentation\s+licen[sc]e"), "gfdl"),
    (re.compile(r"\bversion\b|,"), " "),
)


def parse(claim: str) -> Licence:
    """The licence that a URL or a short text names; `UNSTATED` when it names none.

    Where a text says several things, the strictest of them is taken.
    """
    text = " ".join(unicodedata.normalize("NFKC", claim).lower().split())
    words = _URL.sub(" ", text)
    if _is_negated(words):
        return ALL_RIGHTS_RESERVED if "all rights reserved" in words else UNSTATED
    for url in _URL.findall(text):
        if is_creative_commons(url):
            return _from_cc_url(url)
    return _from_other_url(text) if _URL.match(text) else _from_words(words)


def _from_other_url(text: str) -> Licence:
    return (_from_gnu(text) if _GNU_URL.match(text) else None) or UNSTATED


def _from_words(text: str) -> Licence:
    text = text.strip()
    if len(text) > _LONGEST_CLAIM:
        return UNSTATED
    if "all rights reserved" in text:
        return ALL_RIGHTS_RESERVED
    if text in _OWN_WORDS:
        return OWN
    return _from_cc_text(text) or _from_gnu(text) or _from_public_domain(text)


def of_link(url: str, text: str) -> Licence:
    """The licence behind a link: what its address says, else what its text says."""
    licence = parse(url)
    if licence is UNSTATED:
        licence = parse(text)
    if licence in (UNSTATED, OWN):  # nobody on the web can vouch for us
        return Licence("other", Derivatives.UNSTATED, url) if is_url(url) else UNSTATED
    return licence


def is_url(text: str) -> bool:
    """Whether this can be taken apart as a URL, an absolute one or a relative one."""
    return _split(text) is not None and bool(text)


def is_creative_commons(url: str) -> bool:
    """Whether a link leads to a licence or public domain tool at Creative Commons."""
    parts = _split(url.strip().lower())
    if parts is None or parts.scheme not in ("http", "https", ""):
        return False
    return parts.netloc in _CC_HOSTS and parts.path.startswith(_CC_FOLDERS)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is looked at only when it is asked for
    except ValueError:
        return None
    return parts


def _is_negated(text: str) -> bool:
    """Whether a text denies something: `not under CC BY`, but not `NoDerivatives`."""
    for pattern, code in _CC_WORDS:
        text = pattern.sub(f" {code} ", text)
    return bool(_NEGATION.search(text.replace("no rights reserved", "")))


def _from_cc_url(url: str) -> Licence:
    found = _CC_PATH.match(unquote(urlsplit(url).path))
    if not found:
        return UNSTATED
    code, version, port = found["code"], found["version"], found["port"]
    if found["kind"] == "publicdomain" or code == "publicdomain":
        return _public_domain_tool(code, version or "1.0")
    if not (parts := _cc_parts(code)):
        return UNSTATED
    return _creative_commons(parts, version, port)


def _public_domain_tool(code: str, version: str) -> Licence:
    slug = {"zero": "cc0", "mark": "pdm"}.get(code)
    if slug is None:
        return PUBLIC_DOMAIN
    url = f"https://creativecommons.org/publicdomain/{code}/{version}/"
    return Licence(f"{slug}-{version}", Derivatives.ALLOWED, url)


def _cc_parts(code: str) -> list[str]:
    """`by-nd-nc` in today's order, or nothing when it is not one of the six."""
    parts = set(code.split("-"))
    if not parts <= {"by", "nc", "nd", "sa"}:
        return []
    return [part for part in ("by", "nc", "nd", "sa") if part in parts]


def _creative_commons(
    parts: list[str], version: str | None, port: str | None = None
) -> Licence:
    code = "-".join(parts)
    tail = [part for part in (version, port) if part]
    path = "/".join([code, *tail])
    forbidden = "nd" in parts
    return Licence(
        slug="-".join(["cc", code, *tail]),
        url=f"https://creativecommons.org/licenses/{path}/" if version else None,
        derivatives=Derivatives.FORBIDDEN if forbidden else Derivatives.ALLOWED,
        share_alike="sa" in parts,
        non_commercial="nc" in parts,
        attribution="by" in parts,
    )


def _from_cc_text(text: str) -> Licence | None:
    for pattern, code in _CC_WORDS:
        text = pattern.sub(f" {code} ", text)
    version = re.search(r"\d\.\d", text)
    if re.search(r"\bcc[\s-]?0\b|\bcc[\s-]?zero\b", text):
        return _public_domain_tool("zero", "1.0")
    found = _CC_NAMED.search(text) or _CC_BARE.fullmatch(text.strip())
    if not found:
        return None
    limits = re.findall(r"\b(?:nc|nd)\b", text)
    parts = _cc_parts("-".join(re.findall(r"[a-z]+", found["codes"]) + limits))
    return _creative_commons(parts, version.group() if version else None)


def _from_gnu(text: str) -> Licence | None:
    for pattern, name in _GNU_WORDS:
        text = pattern.sub(name, text)
    if not (found := _GNU.search(" ".join(text.split()))):
        return None
    name = found["name"].replace("gfdl", "fdl").replace("fdl", "gfdl")
    version = found["version"] and f"{float(found['version']):.1f}"
    later = "or-later" if found["later"] else None
    slug = "-".join(part for part in (name, version, later) if part)
    return Licence(slug, Derivatives.ALLOWED, share_alike=True, attribution=True)


def _from_public_domain(text: str) -> Licence:
    if "public domain mark" in text or re.fullmatch(r"pdm(?:[\s-]1\.0)?", text):
        return _public_domain_tool("mark", "1.0")
    named = "public domain" in text or text in {"pd", "public-domain"}
    return PUBLIC_DOMAIN if named else UNSTATED
