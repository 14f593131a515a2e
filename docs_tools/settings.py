"""`python -m docs_tools.settings` writes docs/reference/settings.md anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from docs_tools.kinds import cell, kind_of
from pipeline.settings import PREFIX, Settings

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"
_BOUNDS = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}
_SIGNS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
# What is made when settings are read, and differs from machine to machine.
_AT_HOME = {
    "home": "the user's data folder",
    "database_url": "SQLite in `HOME`",
    "store_url": "`HOME/store`",
    "weights_dir": "`HOME/weights`",
    "gallery_dir": "`HOME/gallery`",
}
_INTRO = f"""\
# Settings

*Written from the code by `python -m docs_tools.settings`.*

Every setting is a variable of the environment that begins with `{PREFIX}`:
`{PREFIX}MAX_IMAGES=20` sets `MAX_IMAGES`. Options of a command go above it.
`crawl-and-dream doctor` shows the values that are in force, without secrets. Items of
lists are separated by commas.

| variable | type | default | what |
|---|---|---|---|
"""


def page() -> str:
    """The text of docs/reference/settings.md."""
    rows = (_row(name, field) for name, field in Settings.model_fields.items())
    return _INTRO + "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    kind = "; ".join((kind_of(field.annotation), *bounds(field)))
    default = _AT_HOME.get(name) or shown(field.default)
    return (
        f"| `{name.upper()}` | {kind} | {default} | {cell(field.description or '')} |"
    )


def bounds(field: FieldInfo) -> Iterator[str]:
    """`at least 1`, `less than 5`: what a number has to be."""
    for each in field.metadata:
        if sign := _BOUNDS.get(type(each)):
            yield f"{_SIGNS[sign]} {getattr(each, sign)}"


def shown(value: Any) -> str:
    """A default as code; nothing for what is empty."""
    if isinstance(value, SecretStr) or value in (None, "", ()):
        return ""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page())
