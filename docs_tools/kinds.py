"""Words for the types of settings, options and fields of recipes."""

import types
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

_WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "yes or no",
    Path: "path",
    datetime: "day",
    SecretStr: "secret",
}


def kind_of(annotation: Any) -> str:
    """`text`, `integer`, a choice such as `png`, `jpeg`, `list of …`, and so on."""
    return ", ".join(dict.fromkeys(_kinds(annotation)))


def _kinds(annotation: Any) -> Iterator[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _kinds(arguments[0])
    elif origin is Literal:
        yield from (f"`{each}`" for each in arguments)
    elif origin in (Union, types.UnionType):
        for each in arguments:
            if each is not type(None):
                yield from _kinds(each)
    elif origin in (tuple, list):
        yield _many(arguments)
    elif origin is dict:
        yield "table"
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (f"`{each.value}`" for each in annotation)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "table"
    else:
        yield _WORDS[annotation]


def _many(arguments: tuple[Any, ...]) -> str:
    inner = kind_of(arguments[0])
    if len(arguments) == 1 or arguments[1] is Ellipsis:
        return f"list of {inner}"
    return f"{len(arguments)} x {inner}"


def cell(text: str) -> str:
    """A text in one line that a table of Markdown takes."""
    return " ".join(text.split()).replace("|", "\\|")
