"""What one file says of a picture, and what that claims of its licence."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from crawler.licence_names import LONGEST_CLAIM
from crawler.licences import (
    ALL_RIGHTS_RESERVED,
    OTHER,
    UNSTATED,
    Licence,
    attribution,
    is_notice,
    named,
)
from crawler.text import absolute, clean
from db.models import Derivatives
from pipeline.ingest import Claim

UNREADABLE = "unreadable"  # stands for a licence: something is said, not what
LONGEST_STATEMENT = LONGEST_CLAIM + 1  # so that a longer one is seen to be too long
LONGEST_AUTHOR = 200


class Kind(enum.Enum):
    """What a field is for, which decides where its words name no licence we know.

    A `LICENCE` is then one that nobody understands, a `NOTICE` reserves all rights, a
    `POINTER` leads to terms that nobody understands, a `CREDIT` says nothing. All this
    only counts in a file that names no licence.
    """

    LICENCE = enum.auto()
    NOTICE = enum.auto()
    POINTER = enum.auto()
    CREDIT = enum.auto()


@dataclass(frozen=True)
class Statement:
    """Words about rights, and where they stand: `a.json`, `EXIF Copyright`."""

    said_in: str
    text: str
    kind: Kind


@dataclass(frozen=True)
class Description:
    """What one file says: words about a picture, a link to where it is from, and
    statements about its rights."""

    title: str | None = None
    caption: str | None = None
    alt: str | None = None
    tags: str | None = None
    author: str | None = None
    source_url: str | None = None
    statements: tuple[Statement, ...] = ()

    def claims(self, credited: "Description") -> tuple[Claim, ...]:
        """What is claimed here, each once; `credited` names whom this file does not."""
        author = clean(self.author or credited.author, LONGEST_AUTHOR)
        url = next((url for said in self.statements if (url := _web(said.text))), None)
        found = [
            licence.claim(
                said.said_in,
                author=author,
                url=licence.url or url,
                attribution=attribution(
                    title=self.title or credited.title,
                    author=author,
                    source_url=self.source_url or credited.source_url,
                    licence=licence,
                ),
            )
            for said, licence in _meant(self.statements)
        ]
        return tuple(dict.fromkeys(found))


def merged(descriptions: Iterable[Description]) -> Description:
    """Each word from the first description that has it, and all statements."""
    found = list(descriptions)
    said: dict[str, Any] = {}
    for name in (field.name for field in fields(Description)):
        said[name] = next(filter(None, (getattr(one, name) for one in found)), None)
    said["statements"] = tuple(stated for one in found for stated in one.statements)
    return Description(**said)


def _meant(statements: Sequence[Statement]) -> list[tuple[Statement, Licence]]:
    understood = [(said, _named(said)) for said in statements]
    if stated := [one for one in understood if one[1] is not UNSTATED]:
        return stated
    notices = [(said, ALL_RIGHTS_RESERVED) for said in statements if _is_notice(said)]
    unknown = [
        (said, replace(OTHER, url=_web(said.text)))
        for said in statements
        if said.kind in (Kind.LICENCE, Kind.POINTER)
    ]
    return notices or unknown


def _named(said: Statement) -> Licence:
    licence = named(said.text)
    is_credit = said.kind is Kind.CREDIT  # to Pexels, say: that is no licence yet
    if is_credit and licence.derivatives is not Derivatives.FORBIDDEN:
        return UNSTATED
    return licence


def _is_notice(said: Statement) -> bool:
    if said.kind is Kind.NOTICE:
        return "©" in said.text or any(map(str.isalnum, said.text))
    return said.kind is not Kind.CREDIT and is_notice(said.text)


def _web(text: str) -> str | None:
    """The text where it is nothing but an address on the web."""
    return absolute(text, "") if " " not in text else None
