"""What strangers wrote, as cells that no spreadsheet takes for a formula."""

import json

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001


def cell(value: object) -> object:
    """The value for a CSV file: lists and tables as JSON, formulas as text."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value
