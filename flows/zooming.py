"""A picture that is dreamt on while it comes nearer, frame by frame: `dream --zoom`.

After the notebook of Mordvintsev, Olah and Tyka, https://github.com/google/deepdream:
each frame is the one before it, zoomed about the middle and dreamt on. Opposed to the
notebook it has the colours' mean and covariance of the first frame before it is dreamt
on; without that all ends in black and white.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import torch
from torch import Tensor

from flows import album, films
from flows.credentials import packet
from flows.easel import Easel, Finished, Painted, Sitter
from flows.errors import UsageError
from flows.films import Film, Zoom
from flows.progress import Aborted, onlooker
from flows.watching import Watcher
from pipeline.inspect import Pixels
from stylize import colours, recipes
from stylize.progress import Progress
from stylize.render import Rendering
from stylize.tensors import to_arrays


def film(easel: Easel, sitter: Sitter, zoom: Zoom, watcher: Watcher) -> Painted:
    """The file of a film, which is there after this, or why there is none.

    Raises:
        StylizeError: the recipe cannot be rendered, whatever the picture.
        UsageError: a frame or the file cannot be made.
        Aborted: somebody asked for an end; there is no file.
    """
    painted = Painted()
    _, images = easel.draw([sitter], painted)
    if images is not None:
        with painted.failing([sitter]):
            frames = _frames(easel, sitter, images, zoom, watcher)
            painted.finished = [_finished(easel, sitter, zoom, frames, painted)]
    return painted


def _finished(
    easel: Easel,
    sitter: Sitter,
    zoom: Zoom,
    frames: Iterator[Rendering],
    painted: Painted,
) -> Finished:
    started, losses = time.monotonic(), list[float]()
    with album.replacing(sitter.entry.out) as part:
        first = next(frames)
        painted.notes, said = (
            first.notes,
            easel.said(sitter, first, first.makings[0]),
        )
        quality = easel.settings.output_quality
        films.write(
            part,
            _pixels(chain([first], frames), losses),
            Film(
                sitter.size,
                zoom.fps,
                quality,
                said.as_parameters(),
                packet(said, sitter.owed),
            ),
            output_format=sitter.entry.format,
        )
    seconds = round(time.monotonic() - started, 3)
    said = said.model_copy(update={"seconds": seconds, "final_loss": losses[-1]})
    return Finished(sitter, None, said, losses)


def _pixels(frames: Iterable[Rendering], losses: list[float]) -> Iterator[Pixels]:
    """Frame after frame (H, W, 3); the last loss of each is added to `losses`."""
    for frame in frames:
        losses.append(frame.loss_history[0][-1])
        yield to_arrays(frame.images)[0]


def _frames(
    easel: Easel, sitter: Sitter, images: Tensor, zoom: Zoom, watcher: Watcher
) -> Iterator[Rendering]:
    """Frame after frame; those after the first begin with the one before."""
    recipe, first, watcher.pictures = easel.page.recipe, images, zoom.frames
    for number in range(zoom.frames):
        watcher.done = number
        rendering = easel.render(recipe, images, _told(watcher, sitter))
        if (failure := rendering.failures[0]) is not None:
            raise UsageError(f"{sitter.entry.name}: frame {number + 1}: {failure}")
        yield rendering
        first = rendering.images if number == 0 else first
        images = colours.match(nearer(rendering.images, zoom.factor), first)
        recipe = recipes.with_settings(easel.page.recipe, start="content")


def _told(watcher: Watcher, sitter: Sitter) -> Callable[[Progress], None]:
    tell = watcher.over([sitter.entry])

    def told(progress: Progress) -> None:
        if onlooker().stopping.is_set():  # half a film is none
            raise Aborted
        tell(progress)

    return told


def nearer(images: Tensor, factor: float) -> Tensor:
    """Pictures (B, 3, H, W) zoomed about their middle, at the size they have."""
    return _stretched(_stretched(images, 2, factor), 3, factor).clamp(0, 1)


def _stretched(images: Tensor, axis: int, factor: float) -> Tensor:
    """Along one axis, by Catmull and Rom's cubics.

    Torch's cubics are sharper (-0.75 instead of -0.5), and what they add at every edge
    would grow from frame to frame.
    """
    length = images.shape[axis]
    places = (torch.arange(length, device=images.device) + 0.5 - length / 2) / factor
    places += (length - 1) / 2
    left = places.floor()
    x = places - left
    weights = (
        ((2 - x) * x - 1) * x / 2,
        ((3 * x - 5) * x * x + 2) / 2,
        ((4 - 3 * x) * x + 1) * x / 2,
        (x - 1) * x * x / 2,
    )
    shape = [-1 if each == axis else 1 for each in range(images.ndim)]
    taps = [
        images.index_select(axis, (left + step).long().clamp(0, length - 1))
        * weight.view(shape)
        for step, weight in zip((-1, 0, 1, 2), weights, strict=True)
    ]
    return torch.stack(taps).sum(dim=0)
