"""From a sentence to keywords."""

import pytest
from pydantic import ValidationError

from flows.about import LONGEST, MOST_KEYWORDS, keywords_of
from flows.parameters import Parameters


@pytest.mark.parametrize(
    ("sentence", "keywords"),
    [
        (
            "I'd like warm pictures of a beach when the sun goes down",
            ["warm", "beach", "sun"],
        ),
        ("sunset beach", ["sunset beach"]),
        ("A cat.", ["cat"]),
        (
            "Please find me photos of old wooden sailing boats in stormy weather",
            ["wooden sailing boats", "stormy weather"],
        ),
        ("I want to see the Eiffel Tower in the fog", ["eiffel tower", "fog"]),
        (
            "show me images of lighthouses at night, with a full moon",
            ["lighthouses", "night", "moon"],
        ),
        ("moody shots of foggy forests, please", ["foggy forests", "moody"]),
        ("What does a blue whale\u2019s eye look like?", ["blue whale", "eye"]),
        ("snow-covered Alps at dawn", ["snow-covered alps", "dawn"]),
        ("dunes, and again dunes", ["dunes"]),
        ("Ich möchte Bilder von einem Strand bei Nacht", ["strand", "nacht"]),
        ("Quisiera imágenes de montañas nevadas", ["montañas nevadas"]),
        (
            "Je voudrais des photos d'une plage, et des palmiers",
            ["plage", "palmiers"],
        ),
        ("海の写真", ["海の写真"]),
        ("🙂 café — <b>bar</b>", ["bar", "café"]),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_the_words_that_matter_are_the_keywords(sentence: str, keywords: list[str]):
    assert keywords_of(sentence) == Parameters(about=sentence).alternatives == keywords


def test_long_phrases_come_first_and_then_those_that_are_said_first():
    found = keywords_of(
        "the fog, an old lighthouse keeper, and a red fishing boat; sea"
    )

    assert found == ["red fishing boat", "lighthouse keeper", "fog", "sea"]


def test_of_many_phrases_the_best_are_taken():
    named = "oaks and elms and pines and firs and larches and birches and willows"

    assert keywords_of(named) == ["oaks", "elms", "pines", "firs", "larches"]
    assert MOST_KEYWORDS == 5


@pytest.mark.parametrize(
    "sentence", ["pictures, please!", "show me something", "", "…"]
)
def test_a_sentence_that_says_nothing_is_refused(sentence: str):
    with pytest.raises(ValidationError, match="no word of it says what to look for"):
        Parameters(about=sentence)


def test_a_novel_is_not_read():
    with pytest.raises(ValidationError, match=f"at most {LONGEST} characters"):
        Parameters(about="dunes " * LONGEST)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "say what to look for"),
        ({"keywords": "dunes", "about": "some dunes"}, "either --keywords or --about"),
    ],
    ids=["none", "both"],
)
def test_keywords_or_a_sentence_and_not_both(given: dict[str, str], reason: str):
    with pytest.raises(ValidationError, match=reason):
        Parameters(**given)
