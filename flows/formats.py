"""Rows as JSON or CSV on standard output, or as a Parquet file."""

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flows import parquet
from flows.console import write_json
from flows.errors import UsageError
from flows.parquet import Rows
from flows.spreadsheets import cell


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Target:
    """In what form rows are wanted, and where: Parquet in a file, all else printed.

    Raises:
        UsageError: there is no file for Parquet, one for something else, or the
            package is missing.
    """

    form: Format
    out: Path | None = None

    def __post_init__(self) -> None:
        is_parquet = self.form is Format.PARQUET
        if is_parquet and self.out is None:
            raise UsageError("Parquet is for files, not for terminals: add --out FILE")
        if not is_parquet and self.out is not None:
            raise UsageError("--out is for --format parquet; `> FILE` for the others")
        if is_parquet:
            parquet.check_installed()

    @property
    def is_table(self) -> bool:
        return self.form is Format.TABLE

    def write(self, parts: Iterable[Rows], names: Sequence[str]) -> int:
        """Have all rows written, and return how many; of JSON they are in memory."""
        if self.out is not None:
            return parquet.write(self.out, parts, names)
        if self.form is Format.CSV:
            return _write_csv(parts, names)
        rows = [row for part in parts for row in part]
        write_json(rows)
        return len(rows)

    def write_untyped(self, rows: Rows, names: Sequence[str]) -> None:
        """Have rows written whose types are those of their values."""
        if self.out is not None:
            parquet.write_untyped(self.out, rows, names)
        else:
            self.write([rows], names)


def _write_csv(parts: Iterable[Rows], names: Sequence[str]) -> int:
    writer, count = csv.DictWriter(sys.stdout, names), 0
    writer.writeheader()
    for part in parts:
        for row in part:
            writer.writerow({name: cell(value) for name, value in row.items()})
        count += len(part)
    return count
