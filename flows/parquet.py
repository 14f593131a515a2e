"""Rows as an Apache Parquet file, with the types and time zones of the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float

from db.base import UtcDateTime
from db.views import results_view
from flows.album import replacing
from flows.errors import UsageError

Rows = Sequence[Mapping[str, Any]]


def check_installed() -> None:
    """Raise `UsageError` unless the extra `parquet` is installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as exc:
        raise UsageError(
            "Parquet needs one more package: pip install 'crawl-and-dream[parquet]'"
        ) from exc


def write(path: Path, parts: Iterable[Rows], names: Sequence[str]) -> int:
    """Have a file of these columns of results, or of refusals; return its rows.

    Part after part is written: no more than one is in memory. Times are in UTC with
    microseconds; dictionaries are text in JSON.

    Raises:
        UsageError: the file cannot be written; there is none then, or that of before.
    """
    import pyarrow as pa
    from pyarrow import parquet

    known, count = _types(), 0
    schema = pa.schema([(name, known.get(name, pa.string())) for name in names])
    with replacing(path) as part, parquet.ParquetWriter(part, schema) as writer:
        for rows in parts:
            columns = [
                pa.array([_plain(row[one.name], one.type) for row in rows], one.type)
                for one in schema
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(rows)
    return count


def write_untyped(path: Path, rows: Rows, names: Sequence[str]) -> None:
    """Have a file of these columns, each of the type that all its values have.

    Raises:
        UsageError: a column has values of several types, or the file cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: _column(name, [row[name] for row in rows]) for name in names}
    with replacing(path) as part:
        parquet.write_table(pa.table(columns), part)


def _column(name: str, values: Sequence[object]) -> Any:
    import pyarrow as pa

    try:
        return pa.array([_plain(value, "string") for value in values])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as exc:
        raise UsageError(
            f"the column {name!r} has values of several types: CAST them to one"
        ) from exc


def _types() -> dict[str, Any]:
    """The columns that are not text."""
    import pyarrow as pa

    number, text = pa.float64(), pa.string()
    kinds = {
        BigInteger: pa.int64(),
        Boolean: pa.bool_(),
        Float: number,
        UtcDateTime: pa.timestamp("us", tz="UTC"),
    }
    viewed = {one.name: kinds.get(type(one.type), text) for one in results_view.columns}
    swatch = pa.struct({"colour": text, "name": text, "share": number})
    label = pa.struct({"backbone": text, "name": text, "score": number})
    looks = ("brightness", "sharpness", "aspect", "latitude", "longitude")
    return {
        **viewed,
        **dict.fromkeys(looks, number),
        "loss_history": pa.list_(number),
        "colours": pa.list_(swatch),
        "labels": pa.list_(label),
    }


def _plain(value: object, kind: Any) -> object:
    is_json = isinstance(value, dict | list) and str(kind) == "string"
    return json.dumps(value) if is_json else value
