"""`python -m docs_tools.cli` writes docs/reference/cli.md anew."""

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

import typer.main

from docs_tools.kinds import cell, kind_of
from flows.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
NAME = "crawl-and-dream"
_INTRO = f"""\
# Commands

*Written from the code by `python -m docs_tools.cli`.*

`{NAME} --help` and `{NAME} COMMAND --help` say the same in a terminal.
Where an option has no default and is not given, the [settings](settings.md) or the
recipe decide. Errors are one line on standard error, and the exit status is 1; it is 2
for options that do not exist, 130 after Ctrl-C.

| command | what it does |
|---|---|
"""


def page() -> str:
    """The text of docs/reference/cli.md: an overview, then every command."""
    known = dict(commands())
    overview = [
        f"| [`{name}`](#{_anchor(name)}) | {cell(_first(command))} |"
        for name, command in known.items()
    ]
    parts = [_INTRO + "\n".join(overview)]
    parts += ["\n".join(_told(name, command)) for name, command in known.items()]
    return "\n\n".join(parts) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """All commands by the words that call them."""
    yield from _leaves(NAME, typer.main.get_command(app))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner: Mapping[str, Any] = getattr(command, "commands", {})
    if not inner:
        yield name, command
    for word, each in inner.items():
        yield from _leaves(f"{name} {word}", each)


def _told(name: str, command: Any) -> Iterator[str]:
    yield from (f"## {name}", "", _help(command))
    types = get_type_hints(command.callback, include_extras=True)
    given = [each for each in command.params if not each.hidden]
    if given:
        yield from ("", "| option | value | default | what |", "|---|---|---|---|")
        yield from (_row(each, types[each.name]) for each in given)


def _row(option: Any, annotation: Any) -> str:
    if option.param_type_name == "argument":
        names = f"`{option.metavar or option.name.upper()}`"
    else:
        names = ", ".join(f"`{each}`" for each in sorted(option.opts, key=len))
    kind = "" if getattr(option, "is_flag", False) else _value(option, annotation)
    return (
        f"| {cell(names)} | {cell(kind)} | {_default(option)} | {cell(option.help)} |"
    )


def _value(option: Any, annotation: Any) -> str:
    named = option.metavar if option.param_type_name == "option" else None
    return f"`{named}`" if named else kind_of(annotation)


def _default(option: Any) -> str:
    if option.required:
        return "has to be given"
    value = option.default
    if isinstance(value, Enum):
        value = value.value
    return "" if value in (None, "", False, (), []) else f"`{value}`"


def _help(command: Any) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _first(command: Any) -> str:
    return _help(command).split("\n\n")[0]


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page())
