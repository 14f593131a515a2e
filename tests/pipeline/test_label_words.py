"""Labels: a word means the classes that people mean by it."""

import pytest

from pipeline.label_words import EVERYDAY, meant

NAMES = (
    *("beach wagon", "golden retriever", "Labrador retriever", "Lakeland terrier"),
    *("Persian cat", "sandbar", "seashore", "yellow lady's slipper", "daisy"),
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("seashore", ["seashore"]),
        ("Retriever", ["golden retriever", "Labrador retriever"]),
        ("retriever golden", ["golden retriever"]),
        ("LABRADOR  retriever", ["Labrador retriever"]),
        ("slipper", ["yellow lady's slipper"]),
        ("shore", []),
        ("retriev", []),
        ("", []),
        ("%", []),
        ("beach", ["sandbar", "seashore"]),
        ("beach wagon", ["beach wagon"]),
        ("Dog", ["golden retriever", "Labrador retriever", "Lakeland terrier"]),
        ("cat", ["Persian cat"]),
        ("flower", ["yellow lady's slipper", "daisy"]),
    ],
)
def test_whole_words_are_found_and_everyday_ones_understood(
    wanted: str, expected: list[str]
):
    assert meant(wanted, NAMES) == expected


def test_words_of_every_day_mean_classes_that_there_are():
    from stylize import classes

    known = set(classes.names("vgg19"))

    assert len(EVERYDAY["dog"]) == 118
    for names in EVERYDAY.values():
        assert names <= known
