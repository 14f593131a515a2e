"""The command that makes pictures in the style of others: stylize."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows import album, cli_pictures, options
from flows.console import at_terminal
from pipeline.settings import load

_Picture = Annotated[
    Path | None,
    typer.Argument(
        metavar="PICTURE|FOLDER",
        help="what to make something of; a texture needs none",
        show_default=False,
    ),
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


def stylize(
    out: cli_pictures.Out,
    picture: _Picture = None,
    style: _Styles = [],  # noqa: B006  # Typer copies it
    recipe: _Recipe = None,
    size: cli_pictures.Size = None,
    backbone: cli_pictures.Backbone = None,
    weights: cli_pictures.WeightsFile = None,
    seed: cli_pictures.Seed = None,
    style_weight: _StyleWeights = [],  # noqa: B006
    style_scale: _StyleScale = None,
    mask: _Masks = [],  # noqa: B006
    content_weight: _ContentWeight = None,
    tv_weight: _TvWeight = None,
    colours: _Colours = None,
    start: _Start = None,
    device: options.Device = None,
    precision: cli_pictures.Precision = None,
    batch_size: cli_pictures.BatchSize = None,
    every: cli_pictures.Every = 0,
    output_format: cli_pictures.Format = None,
    output_quality: cli_pictures.Quality = None,
    record: cli_pictures.Record = False,
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
        account = make(
            commission, plan, settings=settings, record=record, say=cli_pictures.say
        )
    cli_pictures.show(account, as_json=as_json)
