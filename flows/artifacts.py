"""What a flow run shows in Prefect: its progress, its counts and its newest pictures.

Artifacts lie in Prefect's database, and its pages show them as Markdown and HTML: they
are small, and what strangers wrote is plain text in them.
"""

import asyncio
import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image
from prefect.artifacts import (
    acreate_image_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from flows import cells, presenting
from flows.progress import onlooker
from flows.summary import Summary
from flows.workspace import open_workspace
from pipeline.errors import PipelineError
from pipeline.inspect import Pixels
from pipeline.settings import load

THUMBNAIL_PX, MOST_PICTURES, COLUMNS = 128, 12, 4
MOST_BYTES = 48_000  # of the contact sheet's JPEG
_QUALITIES = (80, 60, 40, 20)
_LONGEST = 80  # characters of a title or name

Row = Mapping[str, Any]


class ProgressArtifact:
    """The share of jobs that are done, as an artifact of the flow run."""

    def __init__(self) -> None:
        self._artifact: UUID | None = None

    async def show(self, done: int, total: int) -> None:
        percent = 100.0 * done / max(done, total, 1)
        if self._artifact is None:
            made = await acreate_progress_artifact(percent, description="Jobs done")
            self._artifact = made
        else:
            await aupdate_progress_artifact(self._artifact, percent)


async def publish(summary: Summary, overrides: dict[str, Any]) -> None:
    """The flow run has a table of its counts, and a contact sheet if anything is made.

    Without the sheet a run is as good: a store that fails now is a line in its log.
    """
    table = [{"what": what, "how many": count} for what, count in summary.rows()]
    await acreate_table_artifact(table, key="summary", description="What the run did")
    if "process" not in summary.seconds:
        return
    try:
        shown = await asyncio.to_thread(_newest, overrides, summary.keywords)
    except PipelineError as exc:
        onlooker().say(f"there is no contact sheet: {exc}")
        return
    if shown:
        rows, pictures = zip(*shown, strict=True)
        url = f"data:image/jpeg;base64,{base64.b64encode(sheet(pictures)).decode()}"
        await acreate_image_artifact(url, key="newest", description=credits_of(rows))


def _newest(
    overrides: dict[str, Any], keywords: Sequence[str]
) -> list[tuple[Row, Image.Image]]:
    with open_workspace(load(**overrides), under_way=True) as workspace:
        newest = presenting.newest(workspace, keywords, limit=MOST_PICTURES)
        return [(row, _small(thumbnail)) for row, thumbnail in newest]


def _small(thumbnail: bytes) -> Image.Image:
    with Image.open(io.BytesIO(thumbnail)) as image:
        image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        return image.convert("RGB")


def sheet(pictures: Sequence[Image.Image]) -> bytes:
    """Numbered small pictures as one JPEG of at most `MOST_BYTES`.

    The last ones are left out if nothing else makes it small enough.
    """
    numbers = [str(number) for number in range(1, len(pictures) + 1)]
    columns = min(COLUMNS, len(pictures))
    drawn = cells.page([_cell(one) for one in pictures], numbers, columns=columns)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        Image.fromarray(drawn).save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MOST_BYTES:
            return buffer.getvalue()
    return sheet(pictures[: len(pictures) // 2])


def _cell(picture: Image.Image) -> Pixels:
    cell = Image.new("RGB", (THUMBNAIL_PX, THUMBNAIL_PX), cells.PAPER)
    left, top = ((THUMBNAIL_PX - side) // 2 for side in picture.size)
    cell.paste(picture, (left, top))
    return np.asarray(cell)


def credits_of(rows: Sequence[Row]) -> str:
    """Markdown: what the pictures of a sheet are, by whom, and under which licence."""
    return "\n".join(f"{n}. {_credit(row)}" for n, row in enumerate(rows, 1))


def _credit(row: Row) -> str:
    file_name = (row["source_url"] or row["path"]).rsplit("/", 1)[-1]
    name = row["title"] or row["caption"] or row["alt"] or file_name
    author = row["author"] or "nobody named"
    licence = row["licence"] or "no licence stated"
    return f"**{literal(name)}** by {literal(author)}, {literal(licence)}"


def literal(text: str) -> str:
    """Text that means nothing in Markdown and HTML, in one line that is not long.

    Every sign is a numeric reference, so that nothing can become a tag, a link, an
    address that readers make a link of, or a list.
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    short = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in short)
