"""The commands that show what a network sees: dream and atlas."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows import album, cli_pictures, films, options
from flows.console import at_terminal
from flows.errors import UsageError
from flows.films import Zoom
from pipeline.settings import load

FRAMES, FPS = 60, 12

_Picture = Annotated[
    Path | None,
    typer.Argument(
        metavar="PICTURE|FOLDER",
        help="what to dream on; a dream from noise needs none",
        show_default=False,
    ),
]
_Recipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        "-r",
        metavar="NAME|TOML",
        help="dream-octaves where there are InceptionV3's weights, else dream, which "
        "needs none",
    ),
]
_Layers = Annotated[
    list[str],
    typer.Option(
        "--layer",
        metavar="SPEC",
        help="what to dream of: LAYER, LAYER:CHANNEL, LAYER:CHANNEL@middle, "
        "LAYER:strongest8, LAYER:weakest8 or LAYER:guide, with *WEIGHT if there are "
        "several; repeatable",
    ),
]
_Classes = Annotated[
    list[str],
    typer.Option(
        "--class", metavar="NAME", help="what to see, by name or number; repeatable"
    ),
]
_Guide = Annotated[
    Path | None,
    typer.Option(metavar="PICTURE", help="what this has is seen, by recipe or layer"),
]
_Octaves = Annotated[
    int | None, typer.Option(metavar="N", help="sizes, from coarse to fine")
]
_OctaveScale = Annotated[
    float | None, typer.Option(help="of each size against the one before")
]
_Steps = Annotated[int | None, typer.Option(metavar="N", help="at each octave")]
_StepSize = Annotated[float | None, typer.Option(help="change of a pixel at a step")]
_Normalisation = Annotated[
    Literal["std", "mean-abs", "bands"] | None,
    typer.Option(help="what gradients are divided by; bands lets coarse forms grow"),
]
_Blend = Annotated[
    float | None, typer.Option(help="how much of the dream there is, 0 to 1")
]
_Colours = Annotated[
    Literal["dream", "luminance"] | None,
    typer.Option(help="luminance keeps the picture's and changes brightness alone"),
]
_Start = Annotated[
    Literal["content", "noise"] | None, typer.Option(help="from the picture, or noise")
]
_ZoomFactor = Annotated[
    float | None,
    typer.Option(
        "--zoom",
        metavar="FACTOR",
        help="a film that comes nearer by this at each frame, such as 1.05",
    ),
]
_Frames = Annotated[
    int | None, typer.Option(metavar="N", help=f"of a film; {FRAMES} if not said")
]
_Fps = Annotated[
    int | None,
    typer.Option(min=1, max=120, help=f"frames a second; {FPS} if not said"),
]
_BackboneName = Annotated[
    str, typer.Argument(metavar="BACKBONE", help="motifs, inception_v3, vgg19, …")
]
_Layer = Annotated[str, typer.Option(help="whose channels are drawn", metavar="NAME")]
_Sheet = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="PICTURE", help="where it goes; BACKBONE-LAYER.png"
    ),
]
_Channels = Annotated[
    str | None, typer.Option(metavar="0-63|0,5,9", help="which; all if not said")
]
_Cell = Annotated[
    int, typer.Option(min=32, max=1024, metavar="PX", help="side of a cell")
]
_AtlasSteps = Annotated[
    int | None, typer.Option(min=1, max=10_000, help="for each channel")
]
_ChannelsAtOnce = Annotated[
    int | None, typer.Option(min=1, help="channels that go together")
]


def dream(
    out: cli_pictures.Out,
    picture: _Picture = None,
    recipe: _Recipe = None,
    layer: _Layers = [],  # noqa: B006  # Typer copies it
    class_: _Classes = [],  # noqa: B006
    guide: _Guide = None,
    size: cli_pictures.Size = None,
    backbone: cli_pictures.Backbone = None,
    weights: cli_pictures.WeightsFile = None,
    seed: cli_pictures.Seed = None,
    octaves: _Octaves = None,
    octave_scale: _OctaveScale = None,
    steps: _Steps = None,
    step_size: _StepSize = None,
    normalisation: _Normalisation = None,
    blend: _Blend = None,
    colours: _Colours = None,
    start: _Start = None,
    zoom: _ZoomFactor = None,
    frames: _Frames = None,
    fps: _Fps = None,
    device: options.Device = None,
    precision: cli_pictures.Precision = None,
    batch_size: cli_pictures.BatchSize = None,
    every: cli_pictures.Every = 0,
    output_format: cli_pictures.Format = None,
    output_quality: cli_pictures.Quality = None,
    record: cli_pictures.Record = False,
    as_json: options.AsJson = False,
) -> None:
    """Dream on pictures: one, or all those of a folder; or on nothing but noise.

    The same command again goes on where it stopped: files that are there, made the same
    way of the same pictures, stay. Each file carries its parameters.

    Examples:

    `crawl-and-dream dream photo.jpg --out out.png`

    `crawl-and-dream dream photos --backbone motifs --class eye --class shell -o made`

    `crawl-and-dream dream photo.jpg --layer Mixed_5d:12 --size 2048 --out out.png`

    `crawl-and-dream dream photo.jpg --recipe dream-guided --guide leaf.jpg -o out.jpg`

    `crawl-and-dream dream --recipe dream-noise --size 512 --out noise.png`

    `crawl-and-dream dream photo.jpg --zoom 1.05 --frames 120 --out film.webp`
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
        "octaves": octaves,
        "octave_scale": octave_scale,
        "steps": steps,
        "step_size": step_size,
        "normalisation": normalisation,
        "blend": blend,
        "colours": colours,
        "start": start,
    }
    film = _film(zoom, frames, fps)
    if film and picture is not None and picture.is_dir():
        raise UsageError("--zoom is for one picture: name a picture, not a folder")
    plan = album.plan(  # before what takes long to import
        picture,
        out,
        inputs=[] if guide is None else [guide],
        output_format="webp" if film else settings.output_format,
        formats=films.FORMATS if film else album.FORMATS,
        of_nothing="dream",
    )
    with at_terminal():
        from flows.commission import Commission
        from flows.stylizing import stylize as make

        commission = Commission(
            command="dream",
            recipe=recipe,
            layers=layer,
            classes=class_,
            guide=guide,
            backbone=backbone,
            weights_file=weights,
            changes=changes,
            every=every,
            zoom=film,
        )
        account = make(
            commission, plan, settings=settings, record=record, say=cli_pictures.say
        )
    stopped = "stopped; half a film is not kept" if film else cli_pictures.GOES_ON
    cli_pictures.show(account, as_json=as_json, stopped=stopped)


def _film(zoom: float | None, frames: int | None, fps: int | None) -> Zoom | None:
    if zoom is not None:
        return Zoom(zoom, FRAMES if frames is None else frames, fps or FPS)
    if frames is not None or fps is not None:
        raise UsageError("--frames and --fps say something of --zoom FACTOR")
    return None


def atlas(
    backbone: _BackboneName,
    layer: _Layer,
    out: _Sheet = None,
    channels: _Channels = None,
    size: _Cell = 96,
    steps: _AtlasSteps = None,
    seed: cli_pictures.Seed = 0,
    weights: cli_pictures.WeightsFile = None,
    device: options.Device = None,
    precision: cli_pictures.Precision = None,
    batch_size: _ChannelsAtOnce = None,
    as_json: options.AsJson = False,
) -> None:
    """Draw every channel's favourite pattern, to choose a channel by looking.

    Each cell has the number that `dream --layer LAYER:CHANNEL` takes; those of the
    layer `logits` have the names that `dream --class NAME` takes. The same command
    again goes on where it stopped.

    Examples:

    `crawl-and-dream atlas motifs --layer relu4_2`

    `crawl-and-dream atlas inception_v3 --layer Mixed_6a --channels 0-63 -o mixed.png`

    `crawl-and-dream atlas motifs --layer logits --size 128`
    """
    settings = load(device=device, precision=precision, batch_size=batch_size)
    with at_terminal():
        from flows import atlas as sheets

        given = {"size_px": size, "steps": steps, "seed": seed}
        wanted = sheets.Atlas(
            backbone,
            layer,
            sheets.channels_of(backbone, layer, channels),
            **{name: value for name, value in given.items() if value is not None},
        )
        account = sheets.draw(
            wanted,
            out or Path(f"{wanted.name}.png"),
            weights_file=weights,
            settings=settings,
            say=cli_pictures.say,
        )
    cli_pictures.show(account, as_json=as_json)
