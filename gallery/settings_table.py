"""A recipe's settings as rows that people read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_NUMBERS = 12  # of a list; a direction in a layer's channels has hundreds
_LONGEST = 300  # characters of a value
_ELSEWHERE = frozenset({"name", "version", "algorithm", "backbone", "size_px", "seed"})


@dataclass(frozen=True)
class Setting:
    """A name with its value, or with settings of its own."""

    name: str
    value: str = ""
    nested: Sequence["Setting"] = ()


def settings(body: Mapping[str, Any], without: frozenset[str]) -> list[Setting]:
    """All settings of a recipe that have a value, in order, but those named."""
    told = {name: body[name] for name in sorted(body) if name not in without}
    others = {name: value for name, value in told.items() if name not in _ELSEWHERE}
    return _settings(others)


def _settings(told: Mapping[str, Any]) -> list[Setting]:
    known = {name: value for name, value in told.items() if value not in (None, [], {})}
    return [_setting(name, value) for name, value in known.items()]


def _setting(name: str, value: Any) -> Setting:
    words = in_words(name)
    if isinstance(value, Mapping):
        return Setting(words, nested=_settings(value))
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        return Setting(words, nested=[_listed(one) for one in value])
    return Setting(words, _said(value))


def _listed(value: Any) -> Setting:
    """One of a list, in a line."""
    if not isinstance(value, Mapping):
        return Setting("", _said(value))
    known = {name: one for name, one in value.items() if one is not None}
    return Setting(
        "", ", ".join(f"{in_words(name)} {_said(one)}" for name, one in known.items())
    )


def in_words(name: str) -> str:
    """`coarsest_px` as a person reads it: coarsest (px)."""
    stem, is_sized, _ = name.rpartition("_px")
    return f"{stem.replace('_', ' ')} (px)" if is_sized else name.replace("_", " ")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        some = ", ".join(map(_said, value[:_MOST_NUMBERS]))
        return some if len(value) <= _MOST_NUMBERS else f"{some}, … ({len(value)})"
    said = str(value)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
