"""Files that left the database: what they say of themselves, and what is known of them.

A file is believed by its bytes, and by a manifest that was signed with a trusted key.
What its XMP says anybody may have written: it only names the output whose own file a
picture is compared with first. If it is not that picture, or no XMP names one, those
are compared whose hashes are near.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawler import xmp
from crawler.text import clean
from db.engine import reading
from db.models import Output
from flows.decoding import SMALLEST_PX, Seen, look, look_at_blob, reason
from flows.workspace import Workspace
from pipeline import signing, signing_key
from pipeline.encode import xmp_of
from pipeline.inspect import Inspection, Limits
from pipeline.likeness import are_alike
from pipeline.lookalikes import OutputHashes
from pipeline.signing import Manifest
from pipeline.workers import Crashed, run_bounded

Verdict = Literal["identical", "re-encoded", "changed", "not found", "unreadable"]

_SAID = {
    "title": "dc:title",
    "author": "dc:creator",
    "source_url": "dc:source",
    "licence": "xmpRights:UsageTerms",
    "licence_url": "xmpRights:WebStatement",
    "credit": "photoshop:Credit",
    "rights": "dc:rights",
    "source_type": "Iptc4xmpExt:DigitalSourceType",
    "original": "cad:original",
    "recipe_digest": "cad:recipeDigest",
    "weights_digest": "cad:weightsDigest",
}
_LONGEST = 200  # characters of what a manifest says
_DIGEST = re.compile(r"[0-9a-f]{64}")

_SAME = "other bytes, the same picture to the eye"
_NEAREST = 8  # outputs whose files are looked at
_NONE = Manifest("none")
_UNREADABLE = Manifest("invalid", None, ("takes too long or too much to read",))

Said = Mapping[str, str | None]


@dataclass(frozen=True)
class Verified:
    """What is known of a file; `output` is the path of its row, `said` its XMP."""

    file: str
    verdict: Verdict
    output: str | None
    note: str
    said: Said
    manifest: Manifest = _NONE

    @property
    def is_genuine(self) -> bool:
        return self.verdict == "identical" and self.manifest.state != "invalid"

    @property
    def notes(self) -> list[str]:
        """What a person is told besides the row of a table."""
        return [note for note in (self.note, _note(self.manifest)) if note]

    def as_row(self) -> dict[str, Any]:
        return self.as_json() | dict(self.said) | {"manifest": self.manifest.state}

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "verdict": self.verdict,
            "output": self.output,
            "note": self.note,
            "said": dict(self.said),
            "manifest": asdict(self.manifest),
        }


def verify(workspace: Workspace, files: Sequence[Path]) -> list[Verified]:
    """What is known of each of these files, which may be anything.

    Raises:
        CredentialsError: what is trusted cannot be read.
    """
    settings, bounds = workspace.settings, workspace.bounds
    limits = Limits(SMALLEST_PX, settings.max_pixels)
    check = partial(_checked, signing_key.trusted(settings.credentials_dir))
    seen = run_bounded(partial(look, limits), files, bounds)
    checked = run_bounded(check, files, bounds)
    desk = _Desk(workspace, limits)
    return [
        replace(_verified(desk, file, found), manifest=_manifest(signed))
        for file, found, signed in zip(files, seen, checked, strict=True)
    ]


def _checked(trusted: str, file: Path) -> Manifest:
    return signing.check(_content(file), trusted)


def _manifest(found: Manifest | Crashed) -> Manifest:
    """Without what a stranger's words would do to a terminal."""
    if isinstance(found, Crashed):
        return _UNREADABLE
    why = tuple(clean(one, _LONGEST) or "" for one in found.failures)
    return replace(found, signed_by=clean(found.signed_by, _LONGEST), failures=why)


def _note(manifest: Manifest) -> str | None:
    """What a manifest of this kind means, where that is not plain."""
    if manifest.state == "untrusted":
        who = manifest.signed_by or "somebody without a name"
        return f"its manifest is signed by {who}, who is not trusted"
    if manifest.state == "invalid":
        why = ", ".join(manifest.failures) or "it cannot be read"
        return f"its manifest does not hold: {why}"
    if manifest.state == "not checked":
        return "manifests are read with `pip install 'crawl-and-dream[c2pa]'`"
    return None


def said_by(content: bytes) -> dict[str, str | None]:
    """What the XMP of a file says; None for what it does not say."""
    try:
        properties = xmp.properties(xmp_of(content) or b"")
    except xmp.XmpError:
        properties = {}
    return {
        name: next(iter(properties.get(of, ())), None) for name, of in _SAID.items()
    }


@dataclass(frozen=True)
class _Desk:
    """Where files are compared with outputs."""

    workspace: Workspace
    limits: Limits

    @cached_property
    def hashes(self) -> OutputHashes:
        """Read once, and only when a file has to be found by its looks."""
        with reading(self.workspace.engine) as session:
            return OutputHashes.stored(session)

    def look_at(self, paths: Sequence[str]) -> list[Inspection | str | Crashed]:
        """What the files of these outputs are."""
        settings, bounds = self.workspace.settings, self.workspace.bounds
        look_at = partial(look_at_blob, settings.store_url, self.limits)
        return list(run_bounded(look_at, paths, bounds))


def _verified(desk: _Desk, file: Path, seen: Seen | str | Crashed) -> Verified:
    if not isinstance(seen, Seen):
        nothing = dict.fromkeys(_SAID)
        return Verified(str(file), "unreadable", None, reason(seen), nothing)
    said = said_by(_content(file))
    with reading(desk.workspace.engine) as session:
        path, named = _by_digest(session, seen.digest), _by_name(session, said)
    if path is not None:
        return Verified(str(file), "identical", path, "", said)
    verdict, output, note = _found_for(desk, seen.inspection, named)
    return Verified(str(file), verdict, output, note, said)


def _found_for(
    desk: _Desk, picture: Inspection, named: str | None
) -> tuple[Verdict, str | None, str]:
    """What a picture is of: of the output that its XMP names, or of one it is like."""
    verdict, note = _compared(desk, picture, named)
    if verdict == "re-encoded":
        return verdict, named, note
    alike = _by_looks(desk, picture)
    if alike is not None:
        return "re-encoded", alike, f"{_SAME}; {note}"
    return verdict, named, f"no output has these bytes or looks like it; {note}"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it was there a moment ago


def _by_digest(session: Session, digest: str) -> str | None:
    known = select(Output.path).where(Output.digest == digest)
    return session.scalars(known.order_by(Output.id).limit(1)).first()


def _by_name(session: Session, said: Said) -> str | None:
    """The output that was made of what the XMP names."""
    made_of = [said[name] for name in ("original", "recipe_digest", "weights_digest")]
    if not all(_DIGEST.fullmatch(digest or "") for digest in made_of):
        return None
    columns = (Output.asset_digest, Output.recipe_digest, Output.weights_digest)
    named = [column == digest for column, digest in zip(columns, made_of, strict=True)]
    return session.scalars(select(Output.path).where(*named)).first()


def _by_looks(desk: _Desk, picture: Inspection) -> str | None:
    """The nearest output that is the same picture to the eye."""
    nearest = desk.hashes.nearest(picture, _NEAREST)
    with reading(desk.workspace.engine) as session:
        known = select(Output.id, Output.path).where(Output.id.in_(nearest))
        paths = {number: path for number, path in session.execute(known)}  # noqa: C416
    there = [paths[number] for number in nearest if number in paths]
    for path, found in zip(there, desk.look_at(there), strict=True):
        if isinstance(found, Inspection) and are_alike(picture, found):
            return path
    return None


def _compared(
    desk: _Desk, picture: Inspection, path: str | None
) -> tuple[Verdict, str]:
    """Whether a picture is that of the output which its XMP names."""
    if path is None:
        return "not found", "its XMP names no output"
    [found] = desk.look_at([path])
    if not isinstance(found, Inspection):
        return "not found", f"its XMP names {path}, which is gone: {reason(found)}"
    if are_alike(picture, found):
        return "re-encoded", _SAME
    return "changed", f"its XMP names {path}, which is another picture"
