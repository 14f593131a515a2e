"""Names of column types that suit both databases."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.types import TypeDecorator

_NAMES: tuple[tuple[type[Any], str], ...] = (
    (Enum, "enum"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Boolean, "boolean"),
    (Float, "float"),
    (DateTime, "time (UTC)"),
    (JSON, "json"),
    (LargeBinary, "bytes"),
    (String, "text"),
)


def name_of(column: Column[Any]) -> str:
    """`text(64)`, `bigint`, `time (UTC)`, …; a question mark follows if NULL may be."""
    kind: Any = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    name = next(name for one, name in _NAMES if isinstance(kind, one))
    if name == "text" and kind.length:
        name = f"text({kind.length})"
    return f"{name}?" if getattr(column, "nullable", False) else name
