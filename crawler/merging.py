"""Occurrences of the same picture, put together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crawler.occurrences import Occurrence
from crawler.variants import add_name


@dataclass
class Picture:
    """One picture of a page, with all places that show it or speak of it."""

    occurrences: list[Occurrence] = field(default_factory=list)

    @property
    def url(self) -> str | None:
        """The widest of its addresses, the first of several; None without any."""
        names: dict[str, float] = {}
        for occurrence in self.occurrences:
            for url, width in occurrence.variants.names.items():
                add_name(names, url, width)
        return max(names, key=names.__getitem__, default=None)

    def texts(self, name: str) -> Iterable[str]:
        """What the places say in one field, each text once."""
        said = (occurrence.fields.get(name) for occurrence in self.occurrences)
        return dict.fromkeys(text for text in said if text)


def merged(occurrences: Sequence[Occurrence]) -> list[Picture]:
    """The pictures behind occurrences, in the order in which they come first.

    Places that use the same address as a name are of one picture. So are a stand-in
    and the name that equals it, unless it stands in for several pictures.
    """
    groups = _Groups(len(occurrences))
    named: dict[str, int] = {}
    for at, occurrence in enumerate(occurrences):
        for url in occurrence.variants.names:
            groups.join(named.setdefault(url, at), at)
    standing: defaultdict[str, set[int]] = defaultdict(set)
    for at, occurrence in enumerate(occurrences):
        for url in occurrence.variants.stand_ins & named.keys():
            standing[url].add(groups.of(at))
    for url, others in standing.items():
        if len(others) == 1:
            groups.join(named[url], *others)
    pictures: defaultdict[int, Picture] = defaultdict(Picture)
    for at, occurrence in enumerate(occurrences):
        pictures[groups.of(at)].occurrences.append(occurrence)
    return list(pictures.values())


class _Groups:
    """Numbers that are put into groups; the smallest of a group stands for it."""

    def __init__(self, size: int) -> None:
        self._towards = list(range(size))

    def of(self, number: int) -> int:
        while (above := self._towards[number]) != number:
            self._towards[number] = self._towards[above]
            number = above
        return number

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.of(one), self.of(other)))
        self._towards[second] = first
