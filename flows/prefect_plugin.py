"""Prefect plugin: `prefect deployment run crawl-and-dream --keywords "sunset beach"`.

It rewrites the command line, before Prefect reads it, into the grammar that Prefect
documents (`prefect deployment run FLOW/DEPLOYMENT --param KEY=JSON`) and touches
nothing else of Prefect. Options that are not ours pass through untouched. Every process
that imports Prefect loads it, hence the light imports.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from prefect.plugins import HookContext, register_hook
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from flows.parameters import DEPLOYMENT, Parameters

# Prefect skips the plugin, with a warning, when its plugin interface moves past this.
PREFECT_PLUGIN_API_REQUIRES = ">=0.1,<1"

_NAMES = (DEPLOYMENT.partition("/")[2], DEPLOYMENT)
_PROGRAM = f"prefect deployment run {_NAMES[0]}"
_WANTED = {"keywords", "about"}
_THEIR_PARAMETERS = ("-p", "--param", "--params")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")


@register_hook
def setup_environment(*, ctx: HookContext) -> None:
    """Rewrite `sys.argv` when this process is a `prefect` command for our flow."""
    if _is_prefect_command():
        sys.argv[1:] = translate(sys.argv[1:])


def translate(arguments: Sequence[str]) -> list[str]:
    """The command line in Prefect's own grammar; unchanged unless it runs our flow.

    Args:
        arguments: what was typed after `prefect`.

    Raises:
        SystemExit: our options were misused (one line on stderr, status 2) or
            `--help` was asked for (status 0).
    """
    position = _position_of_our_name(arguments)
    if position is None:
        return list(arguments)
    before = [*arguments[:position], DEPLOYMENT]
    ours, theirs = _split(arguments[position + 1 :])
    parameters = (f"{name}={json.dumps(value)}" for name, value in ours.items())
    pairs = chain.from_iterable(("--param", each) for each in parameters)
    return [*before, *pairs, *theirs]


def _position_of_our_name(arguments: Sequence[str]) -> int | None:
    run = _position_of_run(arguments)
    if run is None:
        return None
    positionals = (
        index
        for index, argument in enumerate(arguments)
        if index > run and not argument.startswith("-")
    )
    first = next(positionals, None)
    return first if first is not None and arguments[first] in _NAMES else None


def _position_of_run(arguments: Sequence[str]) -> int | None:
    """Where `run` of `[--profile NAME] [--no-prompt] deployment run` stands."""
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        del rest[: 2 if rest[0] == "--profile" else 1]
    is_run = rest[:1] in (["deployment"], ["deployments"]) and rest[1:2] == ["run"]
    return len(arguments) - len(rest) + 1 if is_run else None


def _split(arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Our parameters, checked and JSON-ready, and everything that is Prefect's."""
    parser = _parser()
    namespace, theirs = parser.parse_known_args(arguments)
    typed: dict[str, Any] = vars(namespace)
    if not (typed.keys() & _WANTED or _has_parameters(theirs)):
        parser.error('say what to look for: --keywords "sunset beach"')
    return _checked(typed, parser), theirs


def _has_parameters(theirs: Sequence[str]) -> bool:
    return any(argument.split("=")[0] in _THEIR_PARAMETERS for argument in theirs)


def _checked(typed: dict[str, Any], parser: _Parser) -> dict[str, Any]:
    wanted = {} if typed.keys() & _WANTED else {"keywords": "-"}  # in --param
    try:
        parameters = Parameters.model_validate(wanted | typed)
    except ValidationError as exc:
        problem = exc.errors()[0]
        option = _option(str(problem["loc"][0]))
        reason = problem["msg"].removeprefix("Value error, ")
        parser.error(f"{option} {problem['input']!r}: {reason}")
    if parameters.about is not None:
        sys.stderr.write(f"{parameters.said_keywords}\n")
    values = parameters.model_dump(mode="json", include=set(typed))
    return {name: _from_here(name, value) for name, value in values.items()}


def _from_here(name: str, value: Any) -> Any:
    """Paths made absolute: the process that serves the flow runs in another folder."""
    if name == "style":
        return [_absolute(path) for path in value]
    if name == "recipe":
        return [_absolute(each) if each.endswith(".toml") else each for each in value]
    if name == "source":
        return [_absolute_source(source) for source in value]
    return value


def _absolute_source(source: str) -> str:
    kind, colon, place = source.partition(":")
    return f"{kind}:{_absolute(place)}" if kind == "folder" and colon else source


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _parser() -> _Parser:
    parser = _Parser(
        prog=_PROGRAM,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        description=Parameters.__doc__,
        epilog="Prefect's own options (--watch, --tag, --start-in, ...) work here too: "
        "`prefect deployment run --help` lists them.",
    )
    for name, field in Parameters.model_fields.items():
        parser.add_argument(_option(name), dest=name, **_argument(name, field))
    return parser


def _argument(name: str, field: FieldInfo) -> dict[str, Any]:
    if field.annotation is bool:
        return {"action": argparse.BooleanOptionalAction, "help": field.description}
    kind = "append" if field.annotation == tuple[str, ...] else "store"
    return {"action": kind, "metavar": name.upper(), "help": field.description}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _is_prefect_command() -> bool:
    program = Path(sys.argv[0]).name if sys.argv else ""
    if program == "-m":  # Python names the module only after importing its package
        after = sys.orig_argv.index("-m") + 1
        return sys.orig_argv[after : after + 1] == ["prefect"]
    return program in {"prefect", "prefect.exe"}
