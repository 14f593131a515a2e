"""The background images that CSS names, without the rest of CSS."""

import re
from collections.abc import Iterator
from itertools import islice

from crawler.variants import DENSITY_PX, UNSAID, Sizes

_LONGEST, _LONGEST_VALUE, _MOST_VALUES = 300_000, 5_000, 500
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DATA_URL = re.compile(r"data:[^\s\"')]*")
_BACKGROUND = re.compile(r"\s*(?:background(?:-image)?|--[\w-]+)\s*:", re.IGNORECASE)
_IMAGE = re.compile(
    r"""type\([^)]{0,100}\)
    | (?P<url>url\(\s*)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')(?:\s*\))?
      (?:\s*type\([^)]{0,100}\))?(?:\s*(?P<density>[\d.]{1,9})(?:x|dppx)\b)?
    | (?P<bare_url>url)\(\s*(?P<bare>[^\s"'()]+)\s*\)
      (?:\s*(?P<bare_density>[\d.]{1,9})(?:x|dppx)\b)?""",
    re.IGNORECASE | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)


def backgrounds(css: str) -> Iterator[Sizes]:
    """The forms of each background image of a style sheet or a `style` attribute.

    Those of one `image-set()` are forms of one picture. Addresses within the CSS come
    as they are written there; `data:` URLs do not.
    """
    css = css[:_LONGEST]
    if "url(" not in (lowered := css.lower()) and "image-set(" not in lowered:
        return
    css = _DATA_URL.sub("", _COMMENT.sub(" ", css))
    values = (part for part in re.split("[;{}]", css) if _BACKGROUND.match(part))
    for value in islice(values, _MOST_VALUES):
        yield from _pictures(value[:_LONGEST_VALUE])


def _pictures(value: str) -> Iterator[Sizes]:
    found = [match.groupdict() for match in _IMAGE.finditer(value)]
    if "image-set(" in value.lower():
        sizes = [(_address(image), _width(image)) for image in found]
        yield [(url, width) for url, width in sizes if url]
        return
    for image in found:
        if (image["url"] or image["bare_url"]) and (url := _address(image)):
            yield [(url, UNSAID)]


def _address(image: dict[str, str | None]) -> str:
    written = image["double"] or image["single"] or image["bare"] or ""
    return _ESCAPE.sub(_unescaped, written)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        code = int(escape[1], 16)
        return chr(code) if 0 < code < 0x110000 else ""
    return escape[2]


def _width(image: dict[str, str | None]) -> float:
    try:
        density = float(image["density"] or image["bare_density"] or 1)
    except ValueError:
        density = 1
    return density * DENSITY_PX
