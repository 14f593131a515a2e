"""No folder, database or bucket of a machine is told."""

import pytest

from gallery.places import without_places


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cannot read /home/me/b.png: gone", "cannot read …/b.png: gone"),
        ("no /home/me/My Pictures/x.jpg here", "no …/x.jpg here"),
        ("file:///home/me/x.jpg is gone", "…/x.jpg is gone"),
        ("folder:/home/me/beach/a.jpg: away", "…/a.jpg: away"),
        ("error:/home/me/x", "…/x"),
        ("sqlite:////home/me/x/results.db", "…/results.db"),
        ("postgresql://u:pw@db.internal/x is away", "postgresql://… is away"),
        ("s3://k:s@bucket/x", "s3://…"),
        (r"C:\Users\me\x.png", "…/x.png"),
        ("/data", "…/data"),
        ("/home/me: denied", "…/me: denied"),
        ("'/etc/passwd'", "'…/passwd'"),
        ("https://example.org/a/b.jpg: 404", "https://example.org/a/b.jpg: 404"),
        ("https://me:pw@example.org/a", "https://example.org/a"),
        ("32/64 px and/or more", "32/64 px and/or more"),
        ("nothing matched 'dunes'", "nothing matched 'dunes'"),
    ],
)
def test_places_are_left_out_and_the_rest_stays(said: str, told: str):
    assert without_places(said) == told
