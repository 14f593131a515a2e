"""The page about the schema says what the code says."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, inspect

from db.base import Base
from docs_tools import schema

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("schema.md", schema.page()), ("schema.svg", schema.drawing())],
    ids=["page", "drawing"],
)
def test_the_page_is_current(name: str, expected: str):
    written = (schema.FOLDER / name).read_text()

    assert written == expected, "run `python -m docs_tools.schema`"


def test_every_table_and_column_of_the_database_is_told(engine: Engine):
    told = re.findall(r"^(?:## `(\w+)`|\| `(\w+)`)", schema.page(), re.MULTILINE)
    tables: dict[str, set[str]] = {}
    for table, column in told[len(inspect(engine).get_columns("results")) :]:
        name = table or list(tables)[-1]
        tables.setdefault(name, set()).update({column} - {""})

    assert tables == {
        name: {column["name"] for column in inspect(engine).get_columns(name)}
        for name in inspect(engine).get_table_names()
        if name != "alembic_version"
    }


def test_every_table_is_drawn_beside_the_others():
    root = ElementTree.fromstring(schema.drawing())  # noqa: S314  # our own
    titles = [
        one.text for one in root.iter(f"{SVG}text") if one.get("class") == "title"
    ]
    boxes = [one for one in root.iter(f"{SVG}rect") if one.get("class") == "box"]
    places = [
        tuple(float(one.get(key, "")) for key in ("x", "y", "width", "height"))
        for one in boxes
    ]

    assert sorted(map(str, titles)) == sorted(Base.metadata.tables)
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(places, 2):
        assert x + w < x2 or x2 + w2 < x or y + h < y2 or y2 + h2 < y


def test_every_foreign_key_is_a_line():
    keys = [
        key for table in Base.metadata.tables.values() for key in table.foreign_keys
    ]

    assert schema.drawing().count('class="line"') == len(keys) == 13
