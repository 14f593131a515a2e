"""Pictures that a person named become files, batch after batch: `stylize`, `dream`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from flows import album, commission, decoding, recording, zooming
from flows.account import Account
from flows.album import Entry, Plan
from flows.commission import Commission
from flows.console import stderr
from flows.decoding import SMALLEST_PX, Seen
from flows.easel import Easel, Finished, Painted, Sitter
from flows.errors import UsageError
from flows.presenting import write_gallery
from flows.progress import Aborted, onlooker
from flows.provenance import Provenance
from flows.recording import Piece, Register
from flows.watching import Watcher
from flows.workspace import open_workspace
from pipeline.batching import working_size
from pipeline.inspect import Limits
from pipeline.settings import Settings
from pipeline.workers import run_bounded

Say = Callable[[str], None]


def stylize(
    wanted: Commission,
    plan: Plan,
    *,
    settings: Settings,
    record: bool,
    say: Say,
) -> Account:
    """Have a file for the picture, or for every picture of a folder.

    A file that is there already and says that it was made the same way of the same
    picture is left alone. A single picture with a size of its own is enlarged to it,
    those of a folder are never enlarged. When somebody stops it, some are left.

    Raises:
        UsageError: what is asked for cannot be; nothing has been made.
        StylizeError: recipe, weights, style or device cannot be used.
    """
    if wanted.masks and plan.is_folder:
        raise UsageError("--mask fits one picture: name a picture, not a folder")
    if record and not plan.has_content:
        raise UsageError("--record keeps what is made of a picture: name one")
    if record and wanted.zoom:
        raise UsageError("--record keeps pictures: leave it out with --zoom")
    if stderr.is_terminal:
        onlooker().begin(wanted.command)
    page = commission.complete(
        wanted, settings=settings, has_content=plan.has_content, say=say
    )
    enlarged = not plan.is_folder and wanted.changes.get("size_px") is not None
    easel = Easel(page, settings, enlarged=enlarged, zoom=wanted.zoom)
    work = _Work(easel, Watcher(wanted.every, settings.output_quality), say)
    if not record:
        return work.go(plan)
    with open_workspace(settings) as workspace:
        with recording.register(workspace, page, wanted.command) as register:
            work.register = register
            account = work.go(plan)
            register.summary.failed = len(account.failed)
        account.gallery = str(write_gallery(workspace, ()))
    return account


@dataclass
class _Work:
    """The way from pictures to files."""

    easel: Easel
    watcher: Watcher
    say: Say
    register: Register | None = None

    def __post_init__(self) -> None:
        self.account = Account(self.easel.page.recipe.name)

    def go(self, plan: Plan) -> Account:
        with suppress(Aborted):
            self._make_all(plan)
        onlooker().end()
        if onlooker().stopping.is_set():
            self.account.left = len(plan.entries) - self.account.settled
        return self.account

    def _make_all(self, plan: Plan) -> None:
        made = {one: said for one in plan.entries if (said := self._said(one, plan))}
        self.account.there = len(made)
        if self.register is not None:
            self._record_made(self.register, made)
        sitters = list(self._sitters([one for one in plan.entries if one not in made]))
        self.watcher.pictures = len(sitters)
        for batch in batches(sitters, self.easel.settings.batch_size):
            if onlooker().stopping.is_set():
                break
            self._make(batch)

    def _said(self, entry: Entry, plan: Plan) -> Provenance | None:
        """What a file says that need not be made again."""
        said = Provenance.read(plan.there.get(entry.out))
        if said is None:
            return None
        digest = None if entry.source is None else album.digest_at(entry.source)
        return said if said.agrees_with(self.easel.marks(entry, digest)) else None

    def _sitters(self, entries: Sequence[Entry]) -> Iterator[Sitter]:
        """The pictures that can be used; the others are named."""
        size_px = self.easel.page.recipe.size_px
        for entry in (one for one in entries if one.source is None):
            yield Sitter(entry, working_size(size_px, size_px, size_px))
        for entry, seen in self._looked_at([one for one in entries if one.source]):
            found = seen.inspection
            by = size_px if self.easel.enlarged else 1
            size = working_size(found.height * by, found.width * by, size_px)
            yield Sitter(entry, size, seen)

    def _looked_at(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Seen]]:
        settings = self.easel.settings
        limits = Limits(SMALLEST_PX, settings.max_pixels)
        look = partial(decoding.look, limits, keep_gps=settings.keep_gps)
        sources = [entry.source for entry in entries]
        seen = run_bounded(look, sources, self.easel.bounds)
        for entry, found in zip(entries, seen, strict=True):
            onlooker().raise_if_aborting()
            if isinstance(found, Seen):
                yield entry, found
            else:
                self._fail({entry.name: decoding.reason(found)})

    def _make(self, batch: Sequence[Sitter]) -> None:
        painted = self._painted(batch)
        for one in painted.finished:
            if one.file is not None:
                album.write(one.sitter.entry.out, one.file.content)
        if self.register is not None:
            self._record(self.register, painted.finished)
        for one in painted.finished:
            self._tell(one)
        self._fail(painted.failed)
        known = self.account.notes
        known += [note for note in painted.notes if note not in known]
        self.watcher.done += len(batch)

    def _painted(self, batch: Sequence[Sitter]) -> Painted:
        if self.easel.zoom is None:
            return self.easel.paint(batch, self.watcher)
        [sitter] = batch
        return zooming.film(self.easel, sitter, self.easel.zoom, self.watcher)

    def _tell(self, one: Finished) -> None:
        out, said = one.sitter.entry.out, one.said
        self.account.outputs.append(
            {
                "picture": None if one.sitter.seen is None else one.sitter.entry.name,
                "out": str(out),
                "height": said.height,
                "width": said.width,
                "seconds": said.seconds,
                "loss": said.final_loss,
                "frames": said.frames,
            }
        )
        frames = "" if said.frames is None else f"{said.frames} frames of "
        loss = "" if said.final_loss is None else f", loss {said.final_loss:.4g}"
        size = f"{frames}{said.width}x{said.height} px"
        self.say(f"{out}: {size}, {said.seconds:.1f} s{loss}")

    def _fail(self, failed: dict[str, str]) -> None:
        self.account.failed |= failed
        for name, reason in failed.items():
            self.say(f"error: {name}: {reason}")

    def _record_made(self, register: Register, made: dict[Entry, Provenance]) -> None:
        """Files of earlier, without their rows, get these."""
        lacking = [
            entry
            for entry, said in made.items()
            if said.content_digest and register.lacks(said.content_digest)
        ]
        for entry, seen in self._looked_at(lacking):
            said = made[entry]
            losses = [] if said.final_loss is None else [said.final_loss]
            file = album.read(entry)
            sitter = Sitter(entry, (said.height, said.width), seen)
            self._record(register, [Finished(sitter, file, said, losses)])

    def _record(self, register: Register, batch: Sequence[Finished]) -> None:
        pieces = [
            Piece(
                one.sitter.entry.source,
                one.sitter.seen,
                one.file,
                one.said,
                one.loss_history,
            )
            for one in batch
            if one.sitter.entry.source and one.sitter.seen and one.file
        ]
        for source, reason in register.record(pieces).items():
            self.account.notes.append(f"{source} {reason}")


def batches(sitters: Sequence[Sitter], count: int) -> Iterator[list[Sitter]]:
    """Pictures that go together: of one size, at most `count`."""
    by_size: dict[tuple[int, int], list[Sitter]] = {}
    for sitter in sitters:
        by_size.setdefault(sitter.size, []).append(sitter)
    for alike in by_size.values():
        for first in range(0, len(alike), count):
            yield alike[first : first + count]
