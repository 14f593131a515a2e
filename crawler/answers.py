"""Fields of an API's answer, whose types nobody guarantees: what is unfit is None."""

from typing import Any

from parsel import Selector

from crawler.errors import ApiError
from crawler.text import LONGEST_TEXT, absolute, clean

_MOST_OBJECTS = 1000
_MOST_WORDS = 200
_MOST_DIGITS = 12
_LONGEST_HTML = 10_000
_BLOCKS = ("p", "div", "br", "li", "td", "th", "dd", "dt")
# Names for people come with the same names for programs, which nobody sees.
_UNSEEN = (
    "/html//style | /html//script | "
    "/html//*[contains(translate(@style, ' ', ''), 'display:none')]"
)


def text(value: object, limit: int = LONGEST_TEXT) -> str | None:
    """Words on one line."""
    return clean(value, limit) if isinstance(value, str) else None


def marked_up(value: object) -> str | None:
    """The words of a piece of HTML that a reader sees."""
    if not isinstance(value, str):
        return None
    head = value[:_LONGEST_HTML].encode(errors="ignore").decode()
    if "<" not in head and "&" not in head:
        return clean(head)
    page = Selector(text=head, type="html")
    page.xpath(_UNSEEN).drop()
    for block in page.root.iter(*_BLOCKS):
        block.tail = f" {block.tail or ''}"
    return clean("".join(page.xpath("//text()").getall()))


def words(values: object) -> str | None:
    """The texts of a list as one."""
    found = values[:_MOST_WORDS] if isinstance(values, list) else []
    return text(" ".join(value for value in found if isinstance(value, str)))


def number(value: object) -> int | None:
    """A whole number from 0, as such or in digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= _MOST_DIGITS else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 10**_MOST_DIGITS else None


def address(value: object) -> str | None:
    """An http(s) URL that can be asked for."""
    return absolute(value, "") if isinstance(value, str) else None


def mapping(value: object) -> dict[str, Any]:
    """An object; an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; an empty one for everything else."""
    values = value[:_MOST_OBJECTS] if isinstance(value, list) else []
    return [one for one in values if isinstance(one, dict)]


def listed(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of the list that an answer has to hold.

    Raises:
        ApiError: there is no such list.
    """
    if not isinstance(said.get(name), list):
        raise ApiError(f"answers with JSON of an unknown shape: no list {name!r}")
    return objects(said[name])
