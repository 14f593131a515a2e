"""A static page of results that opens from disk: originals with what was made of them.

Titles, captions and URLs come from strangers: they are escaped, and only http(s) URLs
become links.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.errors import MissingBlobError
from pipeline.inspect import Limits, thumbnail_blob
from pipeline.store import ORIGINALS, Store, blob_path, write_whole
from pipeline.workers import Bounds, Crashed, run_bounded

THUMBNAIL_PX = 640


@dataclass(frozen=True)
class Gallery:
    """A folder of pages and thumbnails over a store."""

    PAGES: ClassVar = ("index.html", "review.html")

    folder: Path
    store: Store
    limits: Limits
    bounds: Bounds

    def write_results(self, rows: Sequence[Mapping[str, Any]], **facts: Any) -> Path:
        """`index.html` with these rows of the `results` view, grouped by original."""
        groups = _by_original(rows)
        paths = [blob_path(ORIGINALS, digest) for digest in groups]
        thumbnails = self._thumbnails([*paths, *(row["path"] for row in rows)])
        originals = [
            _original(digest, outputs, thumbnails, self._link)
            for digest, outputs in groups.items()
        ]
        return self._write("index.html", originals=originals, **facts)

    def write_contact_sheet(
        self, cards: Sequence[Mapping[str, Any]], **facts: Any
    ) -> Path:
        """`review.html` with the originals that would be processed."""
        thumbnails = self._thumbnails(blob_path(ORIGINALS, c["digest"]) for c in cards)
        shown = [
            {**card, "thumbnail": thumbnails[blob_path(ORIGINALS, card["digest"])]}
            for card in cards
        ]
        return self._write("review.html", cards=shown, **facts)

    def thumbnails_of(self, paths: Sequence[str]) -> list[Path | None]:
        """A WebP file for each blob, None where none can be."""
        names = self._thumbnails(paths)
        return [self.folder / name if (name := names[path]) else None for path in paths]

    @staticmethod
    def thumbnail_name(path: str) -> str:
        """Where the thumbnail of a blob lies within the folder."""
        return f"thumbnails/{Path(path).stem}.webp"

    def _thumbnails(self, paths: Iterable[str]) -> dict[str, str | None]:
        """Blob path -> thumbnail's path within the folder, None where none can be."""
        names = {path: self.thumbnail_name(path) for path in paths}
        missing = [p for p, name in names.items() if not _is_whole(self.folder / name)]
        make = partial(_try_thumbnail, self.store.url, self.limits)
        found: dict[str, str | None] = dict(names)
        made = run_bounded(make, missing, self.bounds)
        for path, thumbnail in zip(missing, made, strict=True):
            if thumbnail is None or isinstance(thumbnail, Crashed):
                found[path] = None
            else:
                write_whole(self.folder / names[path], thumbnail)
        return found

    def _link(self, path: str) -> str | None:
        local = self.store.local_path(path)
        return None if local is None else quote(os.path.relpath(local, self.folder))

    def _write(self, name: str, **facts: Any) -> Path:
        page = self.folder / name
        text = _environment().get_template(name).render(facts)
        write_whole(page, text.encode())
        return page


def _is_whole(thumbnail: Path) -> bool:
    """Whether a WebP file is there and as long as it says."""
    try:
        with thumbnail.open("rb") as file:
            head = file.read(8)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return False
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 == size


def _try_thumbnail(store_url: str, limits: Limits, path: str) -> bytes | None:
    try:
        return thumbnail_blob(store_url, limits, THUMBNAIL_PX, path)
    except (ValueError, MissingBlobError):
        return None


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web"] = web_url
    return environment


def web_url(url: str | None) -> str | None:
    """The URL when a browser may follow it, else None."""
    try:
        is_web = urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        return None
    return url if is_web else None


def _by_original(
    rows: Iterable[Mapping[str, Any]],
) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    seen = set()
    for row in rows:
        if row["output_id"] not in seen:
            seen.add(row["output_id"])
            groups.setdefault(row["asset_digest"], []).append(row)
    return groups


def _original(
    digest: str,
    rows: Sequence[Mapping[str, Any]],
    thumbnails: Mapping[str, str | None],
    link: Any,
) -> dict[str, Any]:
    first = rows[0]
    return {
        **first,
        "thumbnail": thumbnails[blob_path(ORIGINALS, digest)],
        "name": first["title"] or first["caption"] or first["alt"] or digest[:12],
        "outputs": [
            {
                **row,
                "thumbnail": thumbnails[row["path"]],
                "href": link(row["path"]),
            }
            for row in sorted(rows, key=lambda row: str(row["recipe"]))
        ],
    }
