"""The command for pictures that are named one by one: stylize."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows import album, options
from flows.account import Account
from flows.cli_ending import INTERRUPTED
from flows.console import at_terminal, plain, stderr, stdout
from pipeline.settings import load

_Picture = Annotated[
    Path | None,
    typer.Argument(
        metavar="PICTURE|FOLDER",
        help="what to make something of; a texture needs none",
        show_default=False,
    ),
]
_Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="PICTURE|FOLDER", help="where it goes"),
]
_Styles = Annotated[
    list[Path],
    typer.Option(
        "--style", metavar="PICTURE", help="to take the style from; repeatable"
    ),
]
_Recipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        "-r",
        metavar="NAME|TOML",
        help="gram where there are VGG-19's weights, else one that needs none",
    ),
]
_Size = Annotated[
    int | None,
    typer.Option(
        min=64,
        max=8192,
        metavar="PX",
        help="long side; one picture is enlarged to it, those of a folder never are",
    ),
]
_Backbone = Annotated[
    str | None, typer.Option(help="another of those that the recipe knows layers of")
]
_Weights = Annotated[
    Path | None, typer.Option(metavar="FILE", help="the backbone's, in torch's format")
]
_Seed = Annotated[int | None, typer.Option(min=0, help="of everything random")]
_BatchSize = Annotated[
    int | None, typer.Option(min=1, help="pictures of one size that go together")
]
_Precision = Annotated[
    Literal["fp32", "bf16", "auto"] | None,
    typer.Option(help="of convolutions; auto is bf16 where the chip has it"),
]
_Every = Annotated[
    int, typer.Option(min=0, metavar="N", help="write a snapshot every N steps")
]
_StyleWeights = Annotated[
    list[float],
    typer.Option("--style-weight", help="one per style, their ratios count"),
]
_Masks = Annotated[
    list[Path],
    typer.Option(
        "--mask", metavar="PICTURE", help="where a style goes: white; one per style"
    ),
]
_StyleScale = Annotated[
    float | None, typer.Option(help="size of the style against that of the picture")
]
_ContentWeight = Annotated[
    float | None, typer.Option(help="the more, the more of the picture stays")
]
_TvWeight = Annotated[float | None, typer.Option(help="the more, the smoother")]
_Colours = Annotated[
    Literal["style", "luminance", "statistics"] | None,
    typer.Option(
        help="keep the picture's: only brightness changes, or their statistics"
    ),
]
_Start = Annotated[
    Literal["content", "noise", "matched"] | None,
    typer.Option(help="from the picture, noise, or the picture in the style's colours"),
]
_Record = Annotated[
    bool, typer.Option("--record", help="also in database, store and gallery")
]
_Format = Annotated[
    Literal["png", "jpeg", "webp"] | None,
    typer.Option("--output-format", help="of those that go into a folder"),
]
_Quality = Annotated[
    int | None, options.option("output_quality", "--output-quality", min=1, max=100)
]


def stylize(
    out: _Out,
    picture: _Picture = None,
    style: _Styles = [],  # noqa: B006  # Typer copies it
    recipe: _Recipe = None,
    size: _Size = None,
    backbone: _Backbone = None,
    weights: _Weights = None,
    seed: _Seed = None,
    style_weight: _StyleWeights = [],  # noqa: B006
    style_scale: _StyleScale = None,
    mask: _Masks = [],  # noqa: B006
    content_weight: _ContentWeight = None,
    tv_weight: _TvWeight = None,
    colours: _Colours = None,
    start: _Start = None,
    device: options.Device = None,
    precision: _Precision = None,
    batch_size: _BatchSize = None,
    every: _Every = 0,
    output_format: _Format = None,
    output_quality: _Quality = None,
    record: _Record = False,
    as_json: options.AsJson = False,
) -> None:
    """Make pictures in the style of others: one, or all those of a folder.

    The same command again goes on where it stopped: files that are there, made the same
    way of the same pictures, stay. Each file carries its parameters.

    Examples:

    `crawl-and-dream stylize photo.jpg --style painting.jpg --out out.png`

    `crawl-and-dream stylize photos --style a.jpg --style b.jpg --out made --size 1024`

    `crawl-and-dream stylize photo.jpg --style a.jpg --mask sky.png -o out.jpg`

    `crawl-and-dream stylize --recipe texture --style wood.jpg --out wood.png`
    """
    settings = load(
        device=device,
        precision=precision,
        batch_size=batch_size,
        output_format=output_format,
        output_quality=output_quality,
    )
    changes = {
        "size_px": size,
        "seed": seed,
        "style_scale": style_scale,
        "content_weight": content_weight,
        "tv_weight": tv_weight,
        "colours": colours,
        "start": start,
    }
    plan = album.plan(  # before what takes long to import
        picture,
        out,
        inputs=[*style, *mask],
        output_format=settings.output_format,
    )
    with at_terminal():
        from flows.commission import Commission
        from flows.stylizing import stylize as make

        commission = Commission(
            styles=style,
            recipe=recipe,
            backbone=backbone,
            weights_file=weights,
            style_weights=style_weight,
            masks=mask,
            changes=changes,
            every=every,
        )
        account = make(commission, plan, settings=settings, record=record, say=_say)
    _show(account, as_json=as_json)


def _show(account: Account, *, as_json: bool) -> None:
    """Say what was made and what was not; exit unless all is well."""
    if as_json:
        stdout.print_json(json.dumps(account.as_json()))
    else:
        stdout.print(str(account), markup=False)
    for note in account.notes:
        _say(f"note: {note}")
    if account.gallery is not None:
        _say(f"gallery: {account.gallery}")
    if account.left:
        _say("stopped; the same command goes on from here")
        raise typer.Exit(INTERRUPTED)
    if account.failed:
        raise typer.Exit(1)


def _say(line: str) -> None:
    stderr.print(plain(line), markup=False, soft_wrap=True)
