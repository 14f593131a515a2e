"""Train the network of motifs: `python -m stylize.motifs.train`.

Nothing is read but the seed: the pictures are painted while they are needed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from safetensors.torch import save_file
from torch import Tensor

from stylize.motifs import card, directions, robust
from stylize.motifs.network import CLASSES, WEIGHTS, Motifs
from stylize.motifs.scenes import paint

SIZE_PX = 96
# The first of the batches are of smaller pictures, which take half the time.
SMALL_PX = 64
SMALL_SHARE = 0.75
BATCH = 64
# Batches that are painted together: painters take as long for one picture as for ten.
TOGETHER = 4
STEPS = 2600
REACH = 2.0
LEARNING_RATE = 3e-3
HELD_OUT = 40
HELD_OUT_SEED = 2**31

OnStep = Callable[[int, robust.Losses], None]


@dataclass(frozen=True)
class Training:
    """What a training is made of; the same one on a machine has the same outcome."""

    seed: int = 0
    steps: int = STEPS
    reach: float = REACH
    device: str = "cpu"


def main(
    out: Annotated[
        Path,
        typer.Option(
            help="folder for motifs.safetensors and MODEL_CARD.md",
            show_default="that of the package",
        ),
    ] = WEIGHTS.parent,
    seed: Annotated[int, typer.Option(help="start of every chance number")] = 0,
    steps: Annotated[
        int, typer.Option(min=1, help=f"batches of {BATCH} pictures to learn from")
    ] = STEPS,
    reach: Annotated[
        float, typer.Option(min=0, help="how far, in L2, pictures are moved to mislead")
    ] = REACH,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps")] = "cpu",
    held_out: Annotated[
        int, typer.Option(min=1, help="pictures a class to measure the accuracy with")
    ] = HELD_OUT,
) -> None:
    """Paint motifs, train a classifier of them, and write it with its model card.

    The defaults make the network that is shipped, in about half an hour on two cores.
    """
    console = Console(stderr=True)
    training = Training(seed=seed, steps=steps, reach=reach, device=device)
    with _bar(console) as bar:
        task = bar.add_task("training", total=steps, losses="")
        network = train(training, on_step=_reporter(bar, task))
    out.mkdir(parents=True, exist_ok=True)
    save(network, out / WEIGHTS.name)
    accuracy = measure(network, each=held_out)
    card.write(out, training, accuracy)
    console.print(
        f"{accuracy.overall:.1%} of held-out pictures are told right; wrote "
        f"{out / WEIGHTS.name} and {card.NAME}"
    )


def train(training: Training, *, on_step: OnStep) -> Motifs:
    """The trained network, without batch norms, on the CPU.

    How far its pictures are moved to mislead it grows over the first half.
    """
    torch.manual_seed(training.seed)
    network = robust.trainee().to(training.device)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=training.steps + 1, pct_start=0.2
    )
    for number, (pictures, labels) in enumerate(_batches(training)):
        far = min(1.0, 2 * number / training.steps) * pictures.shape[-1] / SIZE_PX
        losses = robust.step(
            network,
            optimiser,
            pictures.to(training.device),
            labels.to(training.device),
            reach=training.reach * far,
        )
        schedule.step()
        on_step(number + 1, losses)
    return robust.folded(network.cpu())


def _batches(training: Training) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures (B, 3, H, W) and labels (B,), one pair a step.

    The next ones are painted while a step is taken.
    """
    generator = torch.Generator().manual_seed(training.seed)
    coming: deque[Future[tuple[Tensor, Tensor]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as painter:
        for batches, size_px in _rounds(training.steps):
            coming.append(painter.submit(_painted, batches, size_px, generator))
            if len(coming) > 1:
                yield from _split(*coming.popleft().result())
        yield from _split(*coming.popleft().result())


def _rounds(steps: int) -> Iterator[tuple[int, int]]:
    """How many batches are painted together, and their pictures' size in pixels."""
    small = round(SMALL_SHARE * steps / TOGETHER)
    for number, done in enumerate(range(0, steps, TOGETHER)):
        yield min(TOGETHER, steps - done), SMALL_PX if number < small else SIZE_PX


def _painted(
    batches: int, size_px: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures of every class as often, but of eyes twice as often."""
    drawn = torch.tensor([*range(len(CLASSES)), CLASSES.index("eye")])
    labels = drawn[torch.randint(len(drawn), (batches * BATCH,), generator=generator)]
    return paint(labels, size_px=size_px, generator=generator), labels


def _split(pictures: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    for rows in torch.arange(len(labels)).split(BATCH):  # type: ignore[no-untyped-call]
        yield pictures[rows], labels[rows]


def save(network: Motifs, path: Path) -> None:
    """Write a network's parameters, and its directions, in half precision."""
    numbers = {
        **network.half().float().state_dict(),
        "directions": directions.measured(network),
    }
    save_file({name: each.half().contiguous() for name, each in numbers.items()}, path)


def measure(network: Motifs, *, each: int) -> card.Accuracy:
    """How many of `each` pictures a class, none of them trained with, are told right.

    The network's numbers are rounded to half precision first, as they are shipped.
    """
    network = network.half().float().eval()
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    right = torch.zeros(len(CLASSES))
    for _ in range(each):
        labels = torch.arange(len(CLASSES))
        pictures = paint(labels, size_px=SIZE_PX, generator=generator)
        with torch.inference_mode():
            told = network(robust.normalised(pictures)).argmax(1)
        right += told == labels
    return card.Accuracy(tuple((right / each).tolist()), each)


def _bar(console: Console) -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    text = TextColumn("{task.fields[losses]}")
    return Progress(TextColumn("{task.description}"), *columns, text, console=console)


def _reporter(bar: Progress, task: TaskID) -> OnStep:
    def report(step: int, losses: robust.Losses) -> None:
        words = f"loss {losses.clean:.2f}, misled {losses.misled:.2f}"
        bar.update(task, completed=step, losses=words)

    return report


if __name__ == "__main__":
    typer.run(main)
