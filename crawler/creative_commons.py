"""How Creative Commons' licences and marks are written, and the slugs they go by.

A slug holds all that there is to know: `cc-by-nc-sa-3.0-de`, `cc0-1.0`.
"""

import re
from collections.abc import Iterable

_FOLDERS = ("/licenses/", "/publicdomain/")
_PATH = re.compile(
    r"/(?P<kind>licenses|publicdomain)/(?P<code>[a-z+-]+)(?=[).,;>\"']*(?:/|$))"
    r"(?:/(?P<version>\d\.\d))?(?:/(?P<port>(?!deed|legalcode|rdf)[a-z]{2,10})(?=/|$))?"
)
_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"})
_ORDER = ("by", "nc", "nd", "sa")
_GNU = frozenset({"gpl", "lgpl"})  # Creative Commons had deeds for these too
_SPELLED_OUT = tuple(
    (re.compile(pattern), f" {code} ")
    for pattern, code in (
        (
            r"share[\s-]?alike|weitergabe unter gleichen bedingungen|compartir ?igual"
            r"|partage (?:dans les memes conditions|a l'identique)|compartilha ?igual"
            r"|condividi allo stesso modo|gelijk ?delen",
            "sa",
        ),
        (
            r"non?[\s-]?com+ercial(?:es?)?|nicht[\s-]?kommerziell|nao[\s-]?comercial"
            r"|pas d'utilisation commerciale|niet[\s-]?commercieel",
            "nc",
        ),
        (
            r"no[\s-]?deriv(?:ative)?s?(?:[\s-]works)?|keine (?:bearbeitung|derivat)\w*"
            r"|pas de modifications?|sin[\s-]?(?:obras?[\s-]?)?derivad\w*"
            r"|sem[\s-]?deriva\w+|non opere derivate|geen ?afgeleide ?werken",
            "nd",
        ),
        (
            r"attribution|namensnennung|paternite|atribucion|reconocimiento"
            r"|atribuicao|attribuzione|naamsvermelding",
            "by",
        ),
    )
)
_CODES = r"(?P<codes>\b(?:by|nc|nd|sa)\b(?:[\s/-]+(?:by|nc|nd|sa)\b)*)"
_VERSION = (
    r"(?:[\s(-]+v?(?P<version>\d\.\d)(?:[\s-](?P<port>[a-z]{2}|igo)(?=$|[),;]))?)?"
)
_NAMED = re.compile(
    r"\b(?:cc|creative commons)(?: licen[sc]e)?[\s:-]*" + _CODES + _VERSION
)
_PERSON = re.compile(r" (?!licen[sc]e)[^\W\d]")
_BARE = re.compile(
    _CODES + _VERSION + r"(?P<said>(?: (?:international|generic|unported|licen[sc]e))*)"
)
_ZERO = re.compile(r"\bcc[\s-]?(?:0|zero)\b")
_SAMPLING = re.compile(
    r"(?:\b(?:cc|creative commons)[\s-]*)?(?P<nc>nc[\s-]+)?sampling(?:\+|[\s-]plus)"
    r"(?:[\s-]1\.0)?"
)


def is_deed(path: str) -> bool:
    """Whether a path at their site leads to a licence or to a mark."""
    return path.startswith(_FOLDERS)


def in_path(path: str) -> str | None:
    """The slug of a deed, or None where there is no such deed that we understand."""
    found = _PATH.match(path)
    if not found:
        return None
    code, version = found["code"], found["version"]
    if code == "publicdomain" or found["kind"] == "publicdomain":
        marks = {"zero": "cc0-1.0", "mark": "pdm-1.0"}
        return marks.get(code, "public-domain")
    if code in _GNU and version:
        return f"{code}-{version}"
    return of_code(code, version, found["port"])


def of_code(code: str, version: str | None, port: str | None = None) -> str | None:
    """The slug of `by-nd-nc` or `sampling+`, its parts in today's order."""
    marks = {"cc0": "cc0-1.0", "pdm": "pdm-1.0"}
    if code in ("sampling+", "nc-sampling+"):
        return f"cc-{code}-1.0"
    return marks.get(code) or _slug(code.split("-"), version, port)


def in_words(text: str) -> str | None:
    """The slug of the licence that a text names, its conditions wherever they stand."""
    if sampling := _SAMPLING.fullmatch(text):
        return of_code("nc-sampling+" if sampling["nc"] else "sampling+", None)
    if _ZERO.search(text):
        return "cc0-1.0"
    if "public domain mark" in text:
        return "pdm-1.0"
    text = abbreviated(text)
    found = _NAMED.search(text) or _bare(text)
    if not found or _names_a_person(found):
        return None
    limits = re.findall(r"\b(?:nc|nd)\b", text)
    codes = re.findall(r"[a-z]+", found["codes"])
    return _slug([*codes, *limits], found["version"], found["port"])


def abbreviated(text: str) -> str:
    """A text with `nd` for `No Derivatives`, and so on, in six languages."""
    for pattern, code in _SPELLED_OUT:
        text = pattern.sub(code, text)
    return " ".join(text.split())


def _bare(text: str) -> re.Match[str] | None:
    """`by-sa`, `by 4.0`, `attribution licence`; a `by` alone is just a word."""
    found = _BARE.fullmatch(text)
    if found and (found["version"] or found["said"] or len(found["codes"]) > 2):
        return found
    return None


def _names_a_person(found: re.Match[str]) -> bool:
    """Whether the `by` is the one of `Creative Commons by Ada`."""
    is_bare = found["codes"] == "by" and not found["version"]
    return is_bare and bool(_PERSON.match(found.string, found.end()))


def _slug(
    parts: Iterable[str], version: str | None, port: str | None = None
) -> str | None:
    named = set(parts)
    if not named <= set(_ORDER):
        return None
    code = [part for part in _ORDER if part in named]
    if version not in _VERSIONS:
        version = port = None
    return "-".join(["cc", *code, *filter(None, (version, port))])
