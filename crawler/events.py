"""What a crawl tells its parent: one JSON object per line on standard output."""

import json
import sys
from typing import Any


def emit(event: str, **facts: Any) -> None:
    """Write one event at once.

    A parent that does not read any more is no error: the watch on standard input ends
    the crawl of a parent that died.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None
