"""`--max-images` counts pictures that can be used, not those that were fetched."""

import json

from pictures import encoded, paint


def test_pictures_of_no_use_do_not_count(home, photos, recipe):
    for number in range(4):
        icon = encoded(paint(20 + number, size=(40, 40)))
        (photos / f"a-dunes-icon-{number}.jpg").write_bytes(icon)
    copy = encoded(paint(0), quality=60)
    (photos / "b-dunes-east-again.jpg").write_bytes(copy)

    typed = home.type(
        *("run", "-k", "dunes", "-s", f"folder:{photos}", "-r", recipe),
        *("--max-images", "3", "--json"),
    )

    summary = json.loads(typed.out)
    assert summary["usable"] == summary["outputs"] == 3


def test_no_more_than_asked_for_are_made(home, photos, recipe):
    typed = home.type(
        *("run", "-k", "dunes", "-s", f"folder:{photos}", "-r", recipe),
        *("--max-images", "2", "--json"),
    )

    assert json.loads(typed.out)["outputs"] == 2
