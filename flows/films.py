"""Moving pictures as files that say how they were made: WebP, and MP4 by ffmpeg.

Frames come one by one and none stays in memory. Nothing here needs torch.
"""

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from flows.errors import UsageError
from pipeline.encode import encode
from pipeline.inspect import Pixels

FORMATS = {".webp": "webp", ".mp4": "mp4"}
MOST_BYTES = 2**32 - 2  # that a RIFF file can have
_EXIF, _XMP, _ANIMATION = 0x08, 0x04, 0x02  # flags of a WebP
# Of the box that holds XMP in an MP4, see part 3 of Adobe's XMP specification.
_XMP_BOX = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")
_NO_BLENDING = 0x02  # of a frame with what is below it
_COMMENT = re.compile(rb"^comment=(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Zoom:
    """Each of `frames` frames is `factor` times as near as the one before it."""

    factor: float
    frames: int
    fps: int

    def __post_init__(self) -> None:
        if not 1 < self.factor <= 2:
            raise UsageError(f"--zoom {self.factor:g}: say more than 1, and at most 2")
        if self.frames < 2:
            raise UsageError(f"--frames {self.frames}: a zoom has at least 2")


@dataclass(frozen=True)
class Film:
    """What a film is like, whatever is in it; `size` is (H, W)."""

    size: tuple[int, int]
    fps: int
    quality: int
    parameters: Mapping[str, Any]
    xmp: bytes


def write(
    path: Path, frames: Iterable[Pixels], film: Film, *, output_format: str
) -> None:
    """Have a film of frames (H, W, 3) there that is shown again and again.

    Parameters go in as JSON: into EXIF's UserComment of a WebP, into the comment of an
    MP4. An XMP packet goes into the chunk or box that each has for it. What is written
    when `frames` raises is no film.

    Raises:
        UsageError: ffmpeg is needed and not there, or it fails; or there is too much.
    """
    (_write_mp4 if output_format == "mp4" else _write_webp)(path, frames, film)


def _write_webp(path: Path, frames: Iterable[Pixels], film: Film) -> None:
    """See https://developers.google.com/speed/webp/docs/riff_container."""
    height, width = film.size
    corners = _three(width - 1) + _three(height - 1)
    exif, xmp = b"", _chunk(b"XMP ", film.xmp)
    flags = bytes([_EXIF | _XMP | _ANIMATION, 0, 0, 0])
    with path.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WEBP")
        file.write(_chunk(b"VP8X", flags + corners))
        file.write(_chunk(b"ANIM", struct.pack("<IH", 0, 0)))
        for pixels, duration_ms in zip(frames, _durations_ms(film.fps), strict=False):
            said = None if exif else film.parameters
            still = encode(
                pixels, output_format="webp", quality=film.quality, parameters=said
            )
            chunks = dict(_chunks(still.content))
            exif = exif or _chunk(b"EXIF", chunks[b"EXIF"])
            header = bytes(6) + corners + _three(duration_ms) + bytes([_NO_BLENDING])
            frame = _chunk(b"ANMF", header + _chunk(b"VP8 ", chunks[b"VP8 "]))
            if file.tell() + len(frame) + len(exif) + len(xmp) > MOST_BYTES:
                raise UsageError("a WebP has at most 4 GB: let --out end in .mp4")
            file.write(frame)
        file.write(exif + xmp)
        length = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", length))


def _durations_ms(fps: int) -> Iterator[int]:
    """Of frame after frame, so that after a second `fps` of them were seen."""
    starts = (round(1000 * number / fps) for number in count())
    return (after - before for before, after in pairwise(starts))


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and payload of each chunk of a WebP."""
    at = 12
    while at < len(content):
        name, (length,) = (
            content[at : at + 4],
            struct.unpack_from("<I", content, at + 4),
        )
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _write_mp4(path: Path, frames: Iterable[Pixels], film: Film) -> None:
    height, width = film.size
    comment = json.dumps(film.parameters, sort_keys=True, allow_nan=False)
    command = [
        *(ffmpeg(), "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pixel_format", "rgb24"),
        *(
            "-video_size",
            f"{width}x{height}",
            "-framerate",
            str(film.fps),
            "-i",
            "pipe:0",
        ),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", str(_crf(film.quality))),
        *("-movflags", "+faststart", "-metadata", f"comment={comment}"),
        *("-f", "mp4", f"file:{path}"),
    ]
    process = subprocess.Popen(  # noqa: S603  # no shell
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us alone
    )
    try:
        _pour(frames, process)
        _, said = process.communicate()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode:
        lines = said.decode(errors="replace").split("\n")
        reason = next((line for line in reversed(lines) if line.strip()), "no reason")
        raise UsageError(f"ffmpeg cannot write {path.name}: {reason}")
    with path.open("ab") as file:  # ffmpeg has no word for it
        body = b"uuid" + _XMP_BOX.bytes + film.xmp
        file.write(struct.pack(">I", 4 + len(body)) + body)


def _pour(frames: Iterable[Pixels], process: subprocess.Popen[bytes]) -> None:
    """Frames go in until ffmpeg takes no more, and then it says why."""
    assert process.stdin  # noqa: S101  # it is a pipe
    try:
        for pixels in frames:
            process.stdin.write(pixels.tobytes())
    except BrokenPipeError:
        return


def _crf(quality: int) -> int:
    """What x264 calls it: 18, which looks as good as the frames, for 92."""
    return min(51, 110 - quality)


def ffmpeg() -> str:
    """The program that writes MP4.

    Raises:
        UsageError: it is not there.
    """
    found = shutil.which("ffmpeg")
    if found is None:
        raise UsageError(
            ".mp4 is written by ffmpeg, and there is none on the PATH: install it, or "
            "let --out end in .webp"
        )
    return found


def parameters_of(path: Path) -> dict[str, Any] | None:
    """What `write` wrote into an MP4, or None when there is nothing of that kind."""
    command = [*(ffmpeg(), "-loglevel", "error", "-i", f"file:{path}")]
    shown = subprocess.run(  # noqa: S603  # no shell
        [*command, "-f", "ffmetadata", "-"], capture_output=True, check=False
    )
    comment = _COMMENT.search(shown.stdout)
    if comment is None:
        return None
    try:
        found = json.loads(re.sub(rb"\\(.)", rb"\1", comment[1]))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
