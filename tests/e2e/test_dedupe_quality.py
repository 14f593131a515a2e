"""The truth set of near-duplicates, and what is counted on it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from typer.testing import CliRunner, Result

from benchmarks import dedupe_quality, truth_set
from benchmarks.dedupe_quality import (
    ONE_SCENE,
    OTHERS,
    PHOTOGRAPHS,
    QUARTERS,
    best_thresholds,
    judged,
    ours,
    paired,
    plain,
)
from benchmarks.truth_set import (
    ORIGINAL,
    VARIANTS,
    Original,
    Picture,
    inspected,
    originals,
)
from pipeline.exif import Exif
from pipeline.inspect import Inspection
from pipeline.likeness import CANDIDATE_BITS, SURE_BITS, thumbnails_alike
from pipeline.measures import Measures

SIZE = (400, 300)
ALL_BITS = -1


def original(name: str, photograph: str | None = None, scene: str = "") -> Original:
    return Original(name, b"", photograph or name, scene=scene)


def picture(
    of: Original,
    kind: str = ORIGINAL,
    *,
    phash: int = 0,
    dhash: int = 0,
    level: int = 100,
    is_flat: bool = False,
) -> Picture:
    """One whose hashes are 0 but for some bits, of one grey level."""
    thumbnail = bytes([level]) * 32 * 32
    facts = ("image/png", 64, 64, phash, dhash, thumbnail, is_flat)
    seen = Inspection(*facts, [], Measures(0.5, 0.1, 1.0), Exif())
    return Picture(of, kind, seen)


def bits(count: int) -> int:
    return (1 << count) - 1


def run(folder: Path, *options: str) -> Result:
    app = dedupe_quality.typer.Typer()
    app.command()(dedupe_quality.main)
    arguments = [str(folder), "--seeds", "0", *options]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("pictures")
    (path / "photos").mkdir()
    content = encoded(paint(1, SIZE), quality=95)
    (path / "photos" / "clouds.jpg").write_bytes(content)
    return path


@pytest.fixture(scope="module")
def clouds() -> Sequence[Picture]:
    """Two different pictures and all that is made of them, inspected."""
    contents = [encoded(paint(seed, SIZE), quality=95) for seed in (1, 2)]
    return list(
        inspected(
            Original(str(n), content, str(n)) for n, content in enumerate(contents)
        )
    )


def test_every_kind_of_variant_is_made_of_every_original(clouds):
    kinds = [each.kind for each in clouds]

    assert kinds == 2 * [ORIGINAL, *VARIANTS]


@pytest.mark.parametrize(
    "kind", ["JPEG, quality 30", "WebP", "PNG", "50 % of the size", "grey"]
)
@pytest.mark.parametrize("rule", [ours, plain], ids=["ours", "plain"])
def test_what_is_only_encoded_anew_is_found(clouds, kind, rule):
    pairs = paired(clouds)

    assert judged(pairs, rule(pairs)).recall[kind] == 1


@pytest.mark.parametrize("rule", [ours, plain], ids=["ours", "plain"])
def test_hashes_do_not_see_a_mirrored_picture(clouds, rule):
    pairs = paired(clouds)

    assert judged(pairs, rule(pairs)).recall["mirrored"] == 0


def test_different_pictures_and_what_is_made_of_them_are_not_found(clouds):
    pairs = paired(clouds)

    verdict = judged(pairs, ours(pairs))

    assert verdict.different[PHOTOGRAPHS] == 2 * len(VARIANTS) + 1
    assert verdict.mistaken[PHOTOGRAPHS] == 0
    assert verdict.precision() == 1


def test_pairs_are_counted_by_what_they_are():
    one, other = original("one"), original("other")
    pairs = paired(
        [
            picture(one),
            picture(one, "near", phash=bits(1)),
            picture(one, "far", phash=ALL_BITS),
            picture(other, phash=bits(2)),
        ]
    )

    verdict = judged(pairs, ours(pairs))

    assert verdict.recall == {"near": 1, "far": 0}
    assert (verdict.found, verdict.missed, verdict.recall_of_all) == (1, 1, 0.5)
    assert verdict.different == {PHOTOGRAPHS: 3, QUARTERS: 0, ONE_SCENE: 0, OTHERS: 0}
    assert verdict.mistaken == {PHOTOGRAPHS: 2, QUARTERS: 0, ONE_SCENE: 0, OTHERS: 0}
    assert verdict.precision() == pytest.approx(1 / 3)


def test_painted_scenes_of_one_kind_are_counted_apart():
    beaches = [original(f"beach {seed}", scene="beach") for seed in (1, 2)]
    pairs = paired([picture(each) for each in [*beaches, original("photograph")]])

    assert sorted(pairs.groups) == [OTHERS, OTHERS, ONE_SCENE]


def test_a_part_is_compared_with_other_parts_and_not_with_its_whole():
    whole, left, right = (original(name, "whole") for name in ("whole", "l", "r"))

    pairs = paired(
        [picture(whole), picture(left, "PNG"), picture(left), picture(right)]
    )

    names = {(one.original.name, of.original.name) for one, of in pairs.pictures}
    assert names == {("l", "l"), ("l", "r")}


@pytest.mark.parametrize(
    ("phash_bits", "dhash_bits", "difference", "is_found"),
    [
        (4, 4, 50, True),
        (4, 5, 50, False),
        (5, 4, 50, False),
        (10, 20, 6, True),
        (10, 20, 7, False),
        (11, 0, 0, False),
    ],
)
def test_the_rule_takes_sure_hashes_or_near_ones_and_a_like_thumbnail(
    phash_bits, dhash_bits, difference, is_found
):
    it = original("it")
    changed = picture(
        it,
        "changed",
        phash=bits(phash_bits),
        dhash=bits(dhash_bits),
        level=100 + difference,
    )
    pairs = paired([picture(it), changed])

    found = ours(pairs, sure_bits=4, candidate_bits=10, difference=6)

    assert found.tolist() == [is_found]


def test_flat_pictures_are_only_compared_by_the_plain_rule():
    it = original("it")
    pairs = paired([picture(it, is_flat=True), picture(it, "PNG", is_flat=True)])

    assert (ours(pairs).tolist(), plain(pairs).tolist()) == ([False], [True])


def test_of_thresholds_those_are_shown_that_pay_for_their_mistakes():
    one, other = original("one"), original("other", scene="beach")
    pairs = paired(
        [
            picture(one),
            picture(one, "near", phash=bits(2), dhash=bits(2), level=200),
            picture(one, "far", phash=bits(8), dhash=bits(8), level=200),
            picture(other, phash=bits(5), dhash=bits(5), level=50),
        ]
    )

    fewest, most = best_thresholds(pairs)

    assert fewest[0] == (2, 8, 3)
    assert (fewest[1].found, fewest[1].mistaken[OTHERS]) == (1, 0)
    assert most[0] == (8, 8, 3)
    assert (most[1].found, most[1].mistaken[OTHERS]) == (2, 3)


def test_a_photograph_is_taken_whole_and_in_quarters(folder):
    names = [each.name for each in originals(folder, seeds=0)]

    quarters = [
        f"{row} {side}" for row in ("upper", "lower") for side in ("left", "right")
    ]
    assert names[:5] == ["clouds", *(f"clouds, {quarter}" for quarter in quarters)]


def test_a_quarter_shows_its_own_part_of_the_photograph():
    sheet = Image.new("RGB", SIZE, "black")
    sheet.paste("red", (200, 150, 400, 300))

    *others, last = truth_set.quarters("sheet", encoded(sheet, "PNG"))

    assert truth_set.opened(last.content).size == (1024, 768)
    assert truth_set.opened(last.content).getextrema()[0][0] > 250
    brightest = [truth_set.opened(each.content).getextrema()[0][1] for each in others]
    assert max(brightest) < 5


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("25 % of the size", (100, 75)),
        ("cropped by 10 %", (360, 270)),
        ("cut off below, 10 %", (400, 270)),
        ("border, black", (424, 324)),
        ("mirrored", (400, 300)),
    ],
)
def test_variants_have_the_size_that_they_are_named_for(kind, size):
    assert truth_set.CHANGES[kind](paint(1, SIZE)).size == size


def test_hues_go_around():
    blue = Image.new("RGB", (8, 8), (0, 0, 255))

    red, green, _ = truth_set.hue_turned(blue, 120).getpixel((4, 4))

    assert (red, green) == (255, pytest.approx(0, abs=8))


def test_the_painted_folder_stands_in_for_photographs(tmp_path):
    every = list(originals(tmp_path, seeds=1))

    assert {each.name for each in every} >= {"city", "city, upper left", "city 100"}
    assert len({each.content for each in every}) == len(every)
    assert {each.scene for each in every if each.name.startswith("city")} == {
        "city",
        "",
    }


def test_the_table_has_every_kind_and_both_rules(folder):
    shown = run(folder).output

    assert "pHash alone" in shown
    assert [kind for kind in VARIANTS if kind not in shown] == []
    assert shown.strip().splitlines()[-2].split()[1] == "precision"


def test_features_are_compared_on_demand(folder):
    report = json.loads(run(folder, "--features", "--json").stdout)

    by_hash, by_features = report["ours"], report["+ motifs"]
    assert by_hash["recall"]["mirrored"] < 1
    assert by_features["recall"]["mirrored"] == 1
    assert by_features["found"] >= by_hash["found"]


def test_as_json_mistakes_are_named(folder):
    report = json.loads(run(folder, "--json").stdout)

    assert list(report["ours"]["recall"]) == list(VARIANTS)
    for verdict in report.values():
        assert len(verdict["taken_for_the_same"]) == sum(verdict["mistaken"].values())


def test_other_thresholds_are_shown_on_demand(folder):
    assert "candidate" in run(folder, "--thresholds").output


def test_the_rule_is_that_of_the_pipeline(tmp_path):
    pairs = paired(list(inspected(originals(tmp_path, seeds=1))))
    near = np.flatnonzero(~pairs.either_flat & (pairs.phash_bits <= CANDIDATE_BITS))

    def said(place):
        one, other = (
            np.frombuffer(each.seen.thumbnail, np.uint8).astype(np.float64)
            for each in pairs.pictures[place]
        )
        bits = max(pairs.phash_bits[place], pairs.dhash_bits[place])
        return bits <= SURE_BITS or thumbnails_alike(one, other)

    expected = np.zeros(len(pairs.pictures), bool)
    expected[[place for place in near.tolist() if said(place)]] = True
    assert ours(pairs).tolist() == expected.tolist()
    assert expected.sum() > 10
