"""`python -m benchmarks.dedupe_quality FOLDER`: which near-duplicates are found.

Every file of the truth set goes through the inspection of the pipeline. Each is then
compared with each original: by the pipeline's rule, and by pHash alone. Below recall
stand the pairs of different pictures that were taken for the same.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import feature_rule
from benchmarks.truth_set import ORIGINAL, Original, Picture, inspected, originals
from pipeline.inspect import Inspection
from pipeline.likeness import (
    CANDIDATE_BITS,
    SURE_BITS,
    THUMBNAIL_CORRELATION,
    THUMBNAIL_DIFFERENCE,
)
from stylize.pooled import NETWORKS

PLAIN_BITS = 10
SAME = "same picture"
PHOTOGRAPHS, QUARTERS = "photographs", "quarters"
ONE_SCENE, OTHERS = "scenes of one kind", "all others"
DIFFERENT = (PHOTOGRAPHS, QUARTERS, ONE_SCENE, OTHERS)
SURE, CANDIDATE, DIFFERENCE = range(2, 9), range(8, 17), range(3, 13)

Flags = NDArray[np.bool_]
Thresholds = tuple[int, int, int]


@dataclass(frozen=True)
class Pairs:
    """A picture and an original in each place, and how much they differ.

    Attributes:
        places: of both among all pictures.
        groups: `SAME` where the picture is made of the original, else which of
            `DIFFERENT` pictures they are; paintings count as photographs.
        phash_bits, dhash_bits: how many differ.
        difference: mean over the thumbnail, in grey levels.
        correlation: of the thumbnails' grey levels, 0 where one has no spread.
        either_flat: not compared by the pipeline.
    """

    pictures: Sequence[tuple[Picture, Picture]]
    places: tuple[NDArray[np.intp], NDArray[np.intp]]
    groups: NDArray[np.str_]
    phash_bits: NDArray[np.uint8]
    dhash_bits: NDArray[np.uint8]
    difference: NDArray[np.float64]
    correlation: NDArray[np.float64]
    either_flat: Flags

    @property
    def same(self) -> Flags:
        same: Flags = self.groups == SAME
        return same


Rule = Callable[[Pairs], Flags]


def ours(
    pairs: Pairs,
    sure_bits: int = SURE_BITS,
    candidate_bits: int = CANDIDATE_BITS,
    difference: float = THUMBNAIL_DIFFERENCE,
) -> Flags:
    """Where the pipeline says that a pair is the same picture."""
    sure = np.maximum(pairs.phash_bits, pairs.dhash_bits) <= sure_bits
    alike = pairs.difference <= difference
    alike |= pairs.correlation >= THUMBNAIL_CORRELATION
    near = pairs.phash_bits <= candidate_bits
    return ~pairs.either_flat & near & (sure | alike)


def plain(pairs: Pairs) -> Flags:
    """Where pHash alone says so, at the distance that is usual."""
    return pairs.phash_bits <= PLAIN_BITS


RULES: Mapping[str, Rule] = {"ours": ours, "pHash alone": plain}


@dataclass(frozen=True)
class Verdict:
    """How often a rule is right about pairs.

    Attributes:
        recall: of a kind's pairs of the same picture, the share that was found.
        found: pairs of the same picture that were found.
        missed: those that were not.
        mistaken: pairs of different pictures that were taken for the same, by group.
        different: all pairs of different pictures, by group.
    """

    recall: Mapping[str, float]
    found: int
    missed: int
    mistaken: Mapping[str, int]
    different: Mapping[str, int]

    @property
    def recall_of_all(self) -> float:
        return self.found / (self.found + self.missed)

    def precision(self, groups: Iterable[str] = DIFFERENT) -> float:
        """The share that is right of what was found; 1 where nothing was."""
        told = self.found + sum(self.mistaken[group] for group in groups)
        return self.found / told if told else 1.0


def judged(pairs: Pairs, found: Flags) -> Verdict:
    """A verdict on the pairs that a rule found; some must be of the same picture."""
    same = np.flatnonzero(pairs.same)
    kinds = np.array([pairs.pictures[place][0].kind for place in same.tolist()])
    right, mistaken = found[same], pairs.groups[found]
    return Verdict(
        {
            kind: float(right[kinds == kind].mean())
            for kind in dict.fromkeys(kinds.tolist())
        },
        int(right.sum()),
        int((~right).sum()),
        {group: int((mistaken == group).sum()) for group in DIFFERENT},
        {group: int((pairs.groups == group).sum()) for group in DIFFERENT},
    )


def paired(pictures: Sequence[Picture]) -> Pairs:
    """Every picture with every original, those of a part with its whole left out.

    Two originals are one pair, whichever comes first.
    """
    kept = [n for n, picture in enumerate(pictures) if picture.kind == ORIGINAL]
    places = [
        (one, other)
        for one, other in itertools.product(range(len(pictures)), kept)
        if _is_pair(pictures[one], pictures[other], first=one < other)
    ]
    one, other = np.array(places, np.intp).reshape(-1, 2).T
    facts = [picture.seen for picture in pictures]
    phashes = np.array([fact.phash for fact in facts], np.int64).view(np.uint64)
    dhashes = np.array([fact.dhash for fact in facts], np.int64).view(np.uint64)
    flat = np.array([fact.is_flat for fact in facts])
    pairs = [(pictures[left], pictures[right]) for left, right in places]
    return Pairs(
        pairs,
        (one, other),
        np.array([_group(left.original, right.original) for left, right in pairs]),
        np.bitwise_count(phashes[one] ^ phashes[other]),
        np.bitwise_count(dhashes[one] ^ dhashes[other]),
        *_compared(facts, one, other),
        flat[one] | flat[other],
    )


def _is_pair(one: Picture, other: Picture, *, first: bool) -> bool:
    if one.kind == ORIGINAL and not first:
        return False
    of_one_photograph = one.original.photograph == other.original.photograph
    return not (of_one_photograph and one.original.is_part != other.original.is_part)


def _group(one: Original, other: Original) -> str:
    if one is other:
        return SAME
    if one.photograph == other.photograph:
        return QUARTERS
    if one.scene != other.scene:
        return OTHERS
    return ONE_SCENE if one.scene else PHOTOGRAPHS


def _compared(
    facts: Sequence[Inspection], one: NDArray[np.intp], other: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differences and correlations of the pairs' thumbnails."""
    levels = np.stack([np.frombuffer(fact.thumbnail, np.uint8) for fact in facts])
    levels = levels.astype(np.float32)
    spread = levels - levels.mean(axis=1, keepdims=True)
    spread /= np.linalg.norm(spread, axis=1, keepdims=True).clip(1e-6)
    differences, correlations = np.empty(len(one)), np.empty(len(one))
    for original in np.unique(other):
        places = other == original
        apart = np.abs(levels[one[places]] - levels[original])
        differences[places] = apart.mean(axis=1)
        correlations[places] = spread[one[places]] @ spread[original]
    return differences, correlations


def best_thresholds(pairs: Pairs) -> Iterator[tuple[Thresholds, Verdict]]:
    """Those that find more than all with as few mistakes, the fewest mistakes first."""
    tried = []
    for thresholds in itertools.product(SURE, CANDIDATE, DIFFERENCE):
        found = ours(pairs, *thresholds)
        right, wrong = found & pairs.same, found & ~pairs.same
        tried.append((int(wrong.sum()), -int(right.sum()), thresholds))
    most = 0
    for _, negative, thresholds in sorted(tried):
        if -negative > most:
            most = -negative
            yield thresholds, judged(pairs, ours(pairs, *thresholds))


def table(verdicts: Mapping[str, Verdict]) -> Table:
    """Recall by kind, different pictures taken for the same, and precision."""
    every = list(verdicts.values())
    shown = Table("variant", *verdicts)
    for kind in every[0].recall:
        shown.add_row(kind, *(f"{verdict.recall[kind]:.0%}" for verdict in every))
    shown.add_section()
    shown.add_row("all kinds", *(f"{verdict.recall_of_all:.1%}" for verdict in every))
    shown.add_section()
    for group in DIFFERENT:
        counts = (f"{v.mistaken[group]} of {v.different[group]:,}" for v in every)
        shown.add_row(group, *counts)
    shown.add_section()
    alone = (f"{verdict.precision([PHOTOGRAPHS]):.2%}" for verdict in every)
    shown.add_row("precision, photographs", *alone)
    shown.add_row("precision", *(f"{verdict.precision():.2%}" for verdict in every))
    return shown


def thresholds_table(pairs: Pairs) -> Table:
    """The best thresholds, and what they find and mistake."""
    groups = [group for group in DIFFERENT if group != QUARTERS]
    shown = Table("sure", "candidate", "thumbnail", "all kinds", *groups)
    for (sure, candidate, difference), verdict in best_thresholds(pairs):
        shown.add_row(
            *(str(sure), str(candidate), str(difference)),
            f"{verdict.recall_of_all:.1%}",
            *(str(verdict.mistaken[group]) for group in groups),
        )
    return shown


def main(
    folder: Annotated[
        Path, typer.Argument(help="with photos/, which are painted if there are none")
    ],
    seeds: Annotated[
        int, typer.Option(help="scenes of each kind that are painted as well")
    ] = 100,
    thresholds: Annotated[
        bool, typer.Option("--thresholds", help="show the best ones, too")
    ] = False,
    features: Annotated[
        bool,
        typer.Option("--features", help="compare those of networks in weights/, too"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Tell recall by kind of variant, and precision over different pictures."""
    every = list(originals(folder, seeds=seeds))
    watched = track(every, "inspecting", console=Console(stderr=True), transient=True)
    sides_px = [network.side_px for network in NETWORKS] if features else []
    pictures = list(inspected(watched, sides_px))
    pairs = paired(pictures)
    told = {name: rule(pairs) for name, rule in RULES.items()}
    if features:
        told |= feature_rule.rules(
            folder / "weights",
            pictures,
            pairs.places,
            by_hash=told["ours"],
            either_flat=pairs.either_flat,
        )
    verdicts = {name: judged(pairs, found) for name, found in told.items()}
    if as_json:
        print(json.dumps(_report(pairs, verdicts, told), indent=1))
        return
    console = Console()
    console.print(table(verdicts))
    if thresholds:
        console.print(thresholds_table(pairs))


def _report(
    pairs: Pairs, verdicts: Mapping[str, Verdict], told: Mapping[str, Flags]
) -> dict[str, object]:
    return {
        name: {
            **asdict(verdict),
            "precision": verdict.precision(),
            "taken_for_the_same": _mistakes(pairs, told[name]),
        }
        for name, verdict in verdicts.items()
    }


def _mistakes(pairs: Pairs, found: Flags) -> list[tuple[str, str, str]]:
    places = np.flatnonzero(found & ~pairs.same).tolist()
    mistaken = (pairs.pictures[place] for place in places)
    return [(one.original.name, one.kind, of.original.name) for one, of in mistaken]


if __name__ == "__main__":
    typer.run(main)
