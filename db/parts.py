"""Statements that name rows name so many at a time, whatever a database would allow."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

# As many rows are named in a statement; more are described in it, or named in others.
LISTED = 1000

Item = TypeVar("Item")


def in_parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, as many at a time as a statement may name."""
    for start in range(0, len(items), LISTED):
        yield items[start : start + LISTED]
