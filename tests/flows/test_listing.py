"""What a run would take of what its sources offer."""

from typing import Any

import pytest

from flows.listing import merged


def offer(*scores: float, name: str, **facts: Any) -> list[dict[str, Any]]:
    usual = {"usable": True}
    return [
        usual | facts | {"url": f"{name}{number}", "score": score}
        for number, score in enumerate(scores)
    ]


def taken(offered: list[list[dict[str, Any]]], wanted: int) -> list[str]:
    return [image["url"] for image in merged(offered, wanted)]


@pytest.mark.parametrize(
    ("offered", "wanted", "expected"),
    [
        ([(0.9, 0.8, 0.7), (0.5, 0.4)], 4, ["a0", "a1", "b0", "b1"]),
        ([(0.9, 0.8, 0.7), (0.5,)], 4, ["a0", "a1", "a2", "b0"]),
        ([(0.1, 0.2), (0.3, 0.4)], 2, ["b0", "a0"]),
        ([(), (0.3, 0.4)], 9, ["b1", "b0"]),
        ([(), ()], 2, []),
    ],
    ids=["shares", "one lacks", "in their order", "all", "nothing"],
)
def test_sources_give_equal_shares_and_the_best_come_first(
    offered: list[tuple[float, ...]], wanted: int, expected: list[str]
):
    named = zip("ab", offered, strict=True)

    assert taken([offer(*scores, name=name) for name, scores in named], wanted) == (
        expected
    )


def test_images_of_no_use_are_taken_and_not_counted():
    useless = offer(0.9, 0.8, name="u", usable=False)

    assert taken([useless + offer(0.5, 0.4, name="a")], 1) == ["u0", "u1", "a0"]


def test_an_image_that_two_sources_offer_is_taken_once_at_its_best():
    [image] = merged([offer(0.2, name="a"), offer(0.6, name="a")], 2)

    assert image["score"] == 0.6
