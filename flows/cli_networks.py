"""Commands about backbones: layers, weights list|fetch|verify."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from flows import options
from flows.console import show_rows, stderr, stdout
from pipeline.settings import load

if TYPE_CHECKING:  # torch comes with the commands that need it
    from stylize.layers import Layer
    from stylize.weights import Weights

MEGA = 1e6

weights_commands = typer.Typer(
    no_args_is_help=True, help="List, fetch and verify the weights of backbones."
)

Backbone = Annotated[str, typer.Argument(help="vgg19, squeezenet1_1, resnet50, …")]
Backbones = Annotated[
    list[str], typer.Argument(metavar="BACKBONE…", help="as `weights list` has them")
]
NamesOrFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[BACKBONE|FILE]…", help="all that are there, if none is named"
    ),
]


def layers(
    backbone: Backbone,
    size: Annotated[
        int, typer.Option(min=1, max=8192, metavar="PX", help="side of the picture")
    ] = 512,
    layer: Annotated[
        str | None, typer.Option(help="show this layer's parameters", metavar="NAME")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """List a backbone's layers: shape, receptive field, parameters, memory.

    Shapes and megabytes are those of the output for one square picture, in float32.
    No weights are needed.

    Example: `crawl-and-dream layers vgg19 --size 512`
    """
    from stylize.layers import find_layer, listing

    if layer is not None:
        _show_parameters(find_layer(backbone, layer, size), as_json=as_json)
        return
    rows = [_row(each) for each in listing(backbone, size)]
    if as_json:
        stdout.print_json(json.dumps(rows))
    else:
        show_rows([row | _told(row) for row in rows], list(rows[0]))


def _row(layer: "Layer") -> dict[str, Any]:
    bounded = math.isfinite(layer.field_px)
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "output": layer.shape,
        "field_px": int(layer.field_px) if bounded else None,
        "stride_px": layer.stride_px if bounded else None,
        "parameters": layer.parameter_count,
        "output_mb": round(layer.output_bytes / MEGA, 1),
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:
    whole = {name: "all" for name in ("field_px", "stride_px") if row[name] is None}
    return whole | {"output": _shape(row["output"])}


def _shape(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _show_parameters(layer: "Layer", *, as_json: bool) -> None:
    if as_json:
        stdout.print_json(json.dumps(layer.parameters))
    elif layer.parameters:
        rows = [
            {"parameter": name, "shape": _shape(shape)}
            for name, shape in layer.parameters.items()
        ]
        show_rows(rows, ("parameter", "shape"))
    else:
        stdout.print(f"{layer.name} has no parameters", markup=False)


@weights_commands.command("list")
def list_weights(as_json: options.AsJson = False) -> None:
    """Where the weights of each backbone are, or where they come from.

    Backbones that are not tuned are listed when their weights are there.
    """
    from stylize import networks

    folder = load().weights_dir
    rows = [_weights_row(name, folder) for name in networks.known()]
    tuned = networks.tuned()
    rows = [row for row in rows if row["there"] or row["backbone"] in tuned]
    if as_json:
        stdout.print_json(json.dumps(rows))
    else:
        told = [row | {"there": "yes" if row["there"] else "no"} for row in rows]
        show_rows(told, list(rows[0]))


def _weights_row(backbone: str, folder: Path) -> dict[str, Any]:
    from stylize import networks, weights

    there = weights.locate(backbone, folder)
    path = there or Path(weights.file_name(backbone))
    mebibytes = networks.published(backbone).meta["_file_size"]
    size_bytes = path.stat().st_size if there else mebibytes * 2**20
    return {
        "backbone": backbone,
        "there": there is not None,
        "file": str(path),
        "mb": round(size_bytes / MEGA, 1),
        "sha256": weights.digest_prefix(path.name),
        "url": weights.url_of(backbone),
    }


@weights_commands.command("fetch")
def fetch(backbones: Backbones) -> None:
    """Download the weights of some backbones, unless they are there.

    Example: `crawl-and-dream weights fetch vgg19 squeezenet1_1`
    """
    folder = load().weights_dir
    for backbone in backbones:
        found = _there(backbone, folder) or _downloaded(backbone, folder)
        stdout.print(f"{backbone}: {found.path}", markup=False, soft_wrap=True)


def _there(backbone: str, folder: Path) -> "Weights | None":
    from stylize import weights
    from stylize.errors import WeightsError

    path = weights.locate(backbone, folder)
    try:
        return weights.checked(path) if path else None
    except WeightsError as exc:
        stderr.print(f"fetching again: {exc}", markup=False, soft_wrap=True)
        return None


def _downloaded(backbone: str, folder: Path) -> "Weights":
    from stylize import weights

    told = DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    columns = TextColumn("{task.description}"), BarColumn(), *told
    with Progress(*columns, console=stderr, transient=True) as bars:
        bar = bars.add_task(backbone, total=None)

        def show(done: int, total: int | None) -> None:
            bars.update(bar, completed=done, total=total)

        return weights.download(backbone, folder=folder, on_bytes=show)


@weights_commands.command("verify")
def verify(named: NamesOrFiles = None) -> None:
    """Load weights, check them against their names, and print their SHA-256.

    Without a name: all that are there. Ends with status 1 when one is wrong.

    Example: `crawl-and-dream weights verify vgg19 ~/Downloads/vgg16-397923af.pth`
    """
    rows = [_verdict(name) for name in named or _all_there()]
    show_rows(rows, ("file", "sha256", "verdict"))
    if not all(row["well"] for row in rows):
        raise typer.Exit(1)


def _all_there() -> list[str]:
    from stylize import networks, weights

    folder = load().weights_dir
    found = (weights.locate(backbone, folder) for backbone in networks.known())
    return [str(path) for path in found if path is not None]


def _verdict(name: str) -> dict[str, Any]:
    from stylize import weights
    from stylize.errors import WeightsError

    row: dict[str, Any] = {"file": name, "sha256": "", "well": True}
    try:
        path = Path(name).expanduser()
        if not path.is_file():
            path = weights.path_of(name, load().weights_dir)
        row |= {"file": path, "sha256": weights.checked(path).digest}
        return row | {"verdict": _loaded(path)}
    except WeightsError as exc:
        return row | {"verdict": str(exc), "well": False}


def _loaded(path: Path) -> str:
    from stylize import excerpts, layers, networks, weights
    from stylize.checkpoints import Checkpoint

    checkpoint = Checkpoint.open(path)
    backbone = weights.backbone_of(path)
    if backbone is None:
        return "a checkpoint, of no backbone by its name"
    *others, deepest = [layer.name for layer in layers.listing(backbone)]
    remark = ""
    if deepest == networks.LOGITS and not checkpoint.has(
        f"{networks.CHAINS[backbone][deepest]}."
    ):
        deepest, remark = others[-1], ", features only"
    excerpts.excerpt(backbone, [deepest]).fill(checkpoint)
    return f"loads as {backbone}{remark}"
