import pytest

from crawler.words import folded, path_words, spaced, wording


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EveningGlow", "Evening Glow"),
        ("sunset-beach_01", "sunset beach 01"),
        ("HTMLPage", "HTML Page"),
    ],
)
def test_file_names_are_read_as_words(name, words):
    assert spaced(name) == words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://example.org/a-b/%C3%A4_c/d.jpg?e=f#g", "a b ä c d.jpg"),
        ("http://[oops", ""),
        ("/", ""),
    ],
)
def test_the_path_of_an_address_is_read_as_words(url, words):
    assert path_words(url) == words


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("Glowing beaches, cities", ("glow", "beach", "citi")),
        ("l'été_2024", ("l", "ete", "2024")),
        ("हिन्दी में", ("हिन्दी", "में")),
        ("", ()),
    ],
)
def test_stems_keep_the_order_of_words(text, stems):
    assert wording(text).stems == stems


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ÀÉÎ", "aei"),
        ("Łódź", "lodz"),
        ("ﬁn", "fin"),
        ("שָׁלוֹם", "שלום"),
        ("co\u00adop\u200b", "coop"),
        ("が", "が"),
    ],
)
def test_folding_leaves_one_way_of_writing_a_letter(text, same):
    assert folded(text) == same
