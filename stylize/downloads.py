"""Files from the web, whole or not at all."""

import hashlib
import http.client
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_S = 30
PIECE_BYTES = 1 << 20
FAILURES = (OSError, http.client.HTTPException, ValueError)

OnBytes = Callable[[int, int | None], None]


def save(
    url: str, path: Path, *, prefix: str = "", on_bytes: OnBytes | None = None
) -> None:
    """The file is there after this; a download that breaks off leaves nothing.

    Args:
        prefix: how the SHA-256 of the bytes has to start, in hexadecimal.
        on_bytes: told how many bytes have come, and of how many if that is known.

    Raises:
        FAILURES: not all bytes came, or others.
    """
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with _opened(url) as answer, part.open("xb") as file:
            digest = _copy(answer, file, on_bytes or _ignore)
        if not digest.startswith(prefix):
            raise ValueError(f"SHA-256 starts with {digest[:8]}, not {prefix}")
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


def _opened(url: str) -> http.client.HTTPResponse:
    # The URLs are torchvision's and all https.
    asked = Request(url, headers={"User-Agent": "crawl-and-dream"})  # noqa: S310
    try:
        answer: http.client.HTTPResponse = urlopen(asked, timeout=TIMEOUT_S)  # noqa: S310
    except HTTPError as exc:
        exc.close()
        raise
    return answer


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, on_bytes: OnBytes) -> str:
    """The SHA-256 of all bytes that were copied."""
    length = answer.headers.get("Content-Length")
    total = int(length) if length else None
    sha256, done = hashlib.sha256(), 0
    for piece in iter(lambda: answer.read(PIECE_BYTES), b""):
        file.write(piece)
        sha256.update(piece)
        done += len(piece)
        on_bytes(done, total)
    if total is not None and done != total:
        raise ValueError(f"{done} of {total} bytes came")
    file.flush()
    os.fsync(file.fileno())
    return sha256.hexdigest()


def _ignore(_done: int, _total: int | None) -> None:
    """Nobody wants to know."""
