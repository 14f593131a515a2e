"""How licences are called in words and by address, as slugs of one vocabulary."""

import re
import unicodedata
from urllib.parse import SplitResult, unquote, urlsplit

from crawler import creative_commons
from crawler.text import clean

_Table = tuple[tuple[re.Pattern[str], str], ...]

OTHER, RESERVED = "other", "all-rights-reserved"

LONGEST_CLAIM = 5000  # characters; a longer text is not understood
_LONGEST_NAME = 300  # a longer text is prose about licences, not the name of one
_URL = re.compile(
    r"(?<![^\s(<\[\"'])(?:(?:https?:)?//|(?=(?:www\.)?creativecommons\.org/))\S+"
)
_ALIKE = str.maketrans({"_": "-", "\u2019": "'", "\u2212": "-"})
_DASHES = re.compile(r"[\u2010-\u2015]")

_NEGATION = re.compile(
    r"\b(?:no[tn]?|none|nor|never|without|cannot|pas|kein\w*|nicht|sans|sin|sem|geen"
    r"|niet|nao|prohibited|forbidden|permission)\b|n't\b|(?<!-)\bonly\b"
)
_NO_DENIAL = re.compile(r"no rights reserved|(?<=\d\.\d)[\s-]no$")  # cc-by-3.0-no
_RESERVED = re.compile(
    r"all rights reserved|alle rechte vorbehalten|alle rechten voorbehouden"
    r"|tous droits reserves|todos los derechos reservados"
    r"|todos os direitos reservados|tutti i diritti riservati"
    r"|\b(?:getty ?images|shutterstock|istock(?:photo)?|alamy|adobe ?stock"
    r"|dreamstime|depositphotos)\b"
)
_NOTICE = re.compile(r"©|&copy;|\(c\)|\bcopyright(?:ed)?\b(?![\s-]*free)|^getty$")

_GNU = re.compile(
    r"(?P<name>\b[al]?gpl|\bg?fdl)(?![a-uw-z])[\s-]*v?(?P<version>\d(?:\.\d)?)?"
    r"(?P<later>\+|[\s-]*or[\s-]+(?:any[\s-]+)?later)?"
)
_GNU_WORDS = (
    (re.compile(r"gnu lesser general public licen[sc]e"), "lgpl"),
    (re.compile(r"gnu affero general public licen[sc]e"), "agpl"),
    (re.compile(r"gnu general public licen[sc]e"), "gpl"),
    (re.compile(r"gnu free documentation licen[sc]e"), "gfdl"),
    (re.compile(r"\bversion\b|,"), " "),
)

_LEAD_IN = re.compile(
    r"(?:this (?:work|image|photo|picture|file) is )?"
    r"(?:(?:licen[sc]ed|released|published|available|distributed) under )?(?:the )?"
)
_FREE_ART = r"(?:fal|lal|free art licen[sc]e|licence art libre)"
_OPEN_GOVERNMENT = r"(?:ogl|open government licen[sc]e)(?:[\s-]uk)?"
_NAMES = tuple(
    (re.compile(rf"(?:{pattern})\Z"), slug)
    for pattern, slug in (
        (r"own|own work|self", "own"),
        (r"(?:mit|expat)(?: licen[sc]e)?(?: \(mit\))?", "mit"),
        (r"apache(?: licen[sc]e)?,?[\s-](?:version |v)?2(?:\.0)?", "apache-2.0"),
        (r"bsd[\s-]([23])[\s-]clause(?: licen[sc]e)?", r"bsd-\1-clause"),
        (r"bsd(?: licen[sc]e)?", "bsd"),
        (_FREE_ART, "lal"),
        (_FREE_ART + r"[\s-](1\.[0-3])", r"lal-\1"),
        (_OPEN_GOVERNMENT, "ogl-uk"),
        (_OPEN_GOVERNMENT + r"[\s-]?v?([123])(?:\.0)?", r"ogl-uk-\1.0"),
        (r"kogl[\s-]type[\s-]?([1-4])", r"kogl-type-\1"),
        (r"attribution", "attribution"),
        (r"copyrighted free use", "copyrighted-free-use"),
        (
            r"(?:there are )?no (?:known )?(?:copyright )?restrictions"
            r"(?: on (?:publication|use))?",
            "no-known-copyright",
        ),
        (
            r"(?:united states|us|u\.s\.) government works?|pd-us-?gov[\w-]*",
            "us-government-work",
        ),
        (r"(pexels|unsplash|pixabay)(?: (?:content )?licen[sc]e)?", r"\1"),
        (r"pdm(?:[\s-]1\.0)?", "pdm-1.0"),
        (r"pd|pd-[\w -]+|public-domain", "public-domain"),
    )
)
_PLACES = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"apache\.org/licenses/license-2\.0", "apache-2.0"),
        (r"artlibre\.org/licen[cs]e/lal", "lal"),
        (
            r"nationalarchives\.gov\.uk/doc/open-government-licence/version/([123])\b",
            r"ogl-uk-\1.0",
        ),
        (r"nationalarchives\.gov\.uk/doc/open-government-licence/?$", "ogl-uk"),
        (r"(pexels|unsplash)\.com(?:/[a-z]{2}(?:-[a-z]{2})?)?/license/?$", r"\1"),
        (r"pixabay\.com(?:/[a-z]{2})?/service/(?:license|terms)", "pixabay"),
        (r"flickr\.com/commons/usage", "no-known-copyright"),
        (
            r"usa\.gov/(?:copyright|government-(?:works|copyright))",
            "us-government-work",
        ),
        (r"rightsstatements\.org/(?:vocab|page)/inc\b", RESERVED),
        (
            r"rightsstatements\.org/(?:vocab|page)/(?:nkc|noc-us)\b",
            "no-known-copyright",
        ),
        (
            r"(?:\w+\.)?(?:gettyimages|shutterstock|istockphoto|alamy|dreamstime"
            r"|depositphotos)\.\w+(?:\.\w+)?/|stock\.adobe\.com/",
            RESERVED,
        ),
    )
)
_BY_NAME = re.compile(
    r"(?:spdx|opensource)\.org/licen[sc]es?/(?P<name>[\w.+-]+?)(?:\.html|\.json)?/?$"
)
_BY_GNU = re.compile(
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?(?P<name>[\w.-]+)"
)


def folded(claim: str) -> str:
    """A claim on one line, without what people and machines write differently: case,
    accents, kinds of dashes, characters that nobody sees."""
    seen = unicodedata.normalize("NFKD", clean(claim, LONGEST_CLAIM) or "")
    bare = "".join(char for char in seen if not unicodedata.combining(char))
    return _DASHES.sub("-", bare.lower())


def parted(claim: str) -> tuple[list[str], str]:
    """The addresses in a folded claim, and its words."""
    words = _URL.sub(" ", claim).translate(_ALIKE)
    return _URL.findall(claim), " ".join(words.split())


def denies(words: str) -> bool:
    """Whether a text denies something or limits it in words of its own: `not under
    CC BY`, `editorial use only`, but not `NoDerivatives`."""
    if _exact(words):
        return False
    return bool(
        _NEGATION.search(_NO_DENIAL.sub("", creative_commons.abbreviated(words)))
    )


def reserves(words: str) -> bool:
    """Whether a text reserves all rights, or names an agency that always does."""
    return bool(_RESERVED.search(words))


def is_notice(words: str) -> bool:
    """Whether a text says that somebody holds the copyright."""
    return bool(_NOTICE.search(words)) and not _exact(words)


def in_words(words: str) -> str | None:
    """The slug of the licence that a short text names; None where it names none."""
    if len(words) > _LONGEST_NAME:
        return None
    return _exact(words) or creative_commons.in_words(words) or _anywhere(words)


def in_url(url: str) -> str | None:
    """The slug of the licence that is read at a folded address; `OTHER` for one of
    Creative Commons that is not understood, None where none is known to be read."""
    url = url if "//" in url else f"//{url}"
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https", ""):
        return None
    if is_creative_commons(url):
        return creative_commons.in_path(unquote(parts.path)) or OTHER
    place = parts.netloc.removeprefix("www.") + unquote(parts.path)
    if named := _BY_NAME.match(place):
        slug = in_words(named["name"])
        return None if slug == "own" else slug
    if gnu := _BY_GNU.match(place):
        return _anywhere(gnu["name"].removesuffix(".html"))
    return _looked_up(_PLACES, place)


def is_creative_commons(url: str) -> bool:
    """Whether a folded address leads to a licence or a mark at Creative Commons."""
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https", ""):
        return False
    host = parts.netloc.removeprefix("www.")
    return host == "creativecommons.org" and creative_commons.is_deed(parts.path)


def split(url: str) -> SplitResult | None:
    """The parts of a URL, None where it cannot be taken apart."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # is looked at only when it is asked for
    except ValueError:
        return None
    return parts


def _exact(words: str) -> str | None:
    return _looked_up(_NAMES, _LEAD_IN.sub("", words, count=1).rstrip(". "))


def _looked_up(table: _Table, text: str) -> str | None:
    for pattern, slug in table:
        if found := pattern.match(text):
            return found.expand(slug)
    return None


def _anywhere(words: str) -> str | None:
    for pattern, name in _GNU_WORDS:
        words = pattern.sub(name, words)
    if found := _GNU.search(" ".join(words.split())):
        name = found["name"].replace("gfdl", "fdl").replace("fdl", "gfdl")
        version = found["version"] and f"{float(found['version']):.1f}"
        later = "or-later" if found["later"] else None
        return "-".join(part for part in (name, version, later) if part)
    return "public-domain" if "public domain" in words else None
