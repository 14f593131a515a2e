"""A dozen evenings at the sea: horizon, sky, sun, clouds, water, and company."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flows.painting import shapes
from flows.painting.canvas import Plane, Stops
from flows.painting.sea import Sea, Shore
from flows.painting.shapes import View
from flows.painting.sky import Clouds, Sun


@dataclass(frozen=True)
class Outline:
    """A shape against the light, in its colour; `foot` is the row that mirrors it."""

    shape: Callable[[View], Plane]
    colour: str = "0c0a10"
    foot: float | None = None
    rough: float = 0.0


@dataclass(frozen=True)
class Evening:
    """One kind of evening; the sun's column is a fraction of the width."""

    horizon: float
    stops: Stops
    sun: Sun
    clouds: tuple[Clouds, ...]
    sea: Sea
    shore: Shore | None = None
    far: tuple[Outline, ...] = ()
    near: tuple[Outline, ...] = ()
    exposure: float = 0.9


GOLDEN = Evening(
    horizon=0.48,
    stops=((0, "f2a25c"), (0.2, "e0805a"), (0.5, "8a6a9a"), (1, "2c4272")),
    sun=Sun(0.36, 0.415),
    clouds=(Clouds(0.46, "ffb070", "54465f"),),
    sea=Sea("16303c"),
    shore=Shore(0.74, 0.88),
    far=(Outline(partial(shapes.sailboat, x=0.70, scale=0.040), "33222a"),),
    near=(Outline(partial(shapes.birds, x=0.56, row=0.24, count=6), "3a2a30"),),
)
PALMS = Evening(
    horizon=0.62,
    stops=((0, "ffa04a"), (0.15, "f0683c"), (0.45, "b03a52"), (1, "3a1f4e")),
    sun=Sun(
        0.60, 0.555, radius=0.05, colour="ffc070", brightness=5, glow_colour="ff6a30"
    ),
    clouds=(Clouds(0.34, "ff8a50", "6a2c48", stretch=5, beta=3.2, scale=0.07),),
    sea=Sea("2a1226", chop=0.7),
    shore=Shore(0.84, 0.92, sand="6a4a3c", surf=1),
    far=(
        Outline(partial(shapes.headland, start=1.1, end=0.74, height=0.06), "7a2c34"),
    ),
    near=(
        Outline(
            partial(shapes.palm, x=0.20, row=1.0, height=0.80, lean=0.16), "140810"
        ),
        Outline(
            partial(shapes.palm, x=0.10, row=1.02, height=0.62, lean=-0.10), "180a12"
        ),
        Outline(
            partial(shapes.palm, x=0.02, row=1.0, height=0.92, lean=0.05), "10060c"
        ),
    ),
)
STACKS = Evening(
    horizon=0.52,
    stops=((0, "ffc49a"), (0.2, "e89a94"), (0.5, "8086b0"), (1, "2a4a80")),
    sun=Sun(0.66, 0.475, colour="ffe2c0", glow_colour="ff7a5a"),
    clouds=(Clouds(0.50, "ffa890", "5c5878", stretch=2.5, scale=0.12),),
    sea=Sea("2a2a50", chop=0.8),
    shore=Shore(0.70, 0.62, wet=0.6, surf=1, sand="8a7068"),
    far=(
        Outline(
            partial(shapes.stack, x=0.30, width=0.20, height=0.24), "2a1c34", rough=0.5
        ),
        Outline(
            partial(shapes.stack, x=0.44, width=0.07, height=0.13), "3a2640", rough=0.5
        ),
        Outline(
            partial(shapes.stack, x=0.15, width=0.10, height=0.10), "46304c", rough=0.5
        ),
    ),
)
STORM = Evening(
    horizon=0.42,
    stops=((0, "ffb050"), (0.12, "e0803c"), (0.3, "6a5058"), (1, "20242e")),
    sun=Sun(0.95, 0.395, brightness=10, glow=0.6, glow_colour="ff7a2c"),
    clouds=(
        Clouds(0.80, "7a5a4c", "0e1016", stretch=1.8, scale=0.16, thickness=1.6),
        Clouds(0.42, "d07a40", "16161e", stretch=5, scale=0.08, thickness=2.2),
    ),
    sea=Sea("12242c", chop=1.4, glitter=0.8),
    shore=Shore(0.78, 0.88, surf=3, sand="6a5c50"),
    far=(
        Outline(partial(shapes.headland, start=-0.05, end=0.38, height=0.15), "241c22"),
    ),
)
PASTEL = Evening(
    horizon=0.40,
    stops=((0, "ffc8a0"), (0.18, "f4a8b0"), (0.5, "b6a0d0"), (1, "5a78b8")),
    sun=Sun(0.16, 0.43, brightness=0, halo=0.2, glow=0.55, glow_colour="ff9a70"),
    clouds=(
        Clouds(
            0.50, "ff9a9a", "9080b0", stretch=7, beta=3.1, thickness=0.9, scale=0.09
        ),
    ),
    sea=Sea("48688c", chop=0.45, glitter=0.25),
    shore=Shore(0.60, 0.52, wet=1.2, surf=1, sand="a89088"),
    near=(
        Outline(partial(shapes.walker, x=0.70, row=0.72, scale=0.15), "2e2436", 0.72),
        Outline(
            partial(shapes.walker, x=0.737, row=0.722, scale=0.138), "2e2436", 0.722
        ),
    ),
    exposure=0.8,
)
PIER = Evening(
    horizon=0.55,
    stops=((0, "ffd070"), (0.15, "ffa050"), (0.45, "c8706a"), (1, "4a4a78")),
    sun=Sun(0.30, 0.50, colour="ffe0a0"),
    clouds=(Clouds(0.55, "ffb060", "8a5a60", stretch=3, scale=0.14, beta=2.7),),
    sea=Sea("2c3a48", chop=0.9),
    near=(Outline(partial(shapes.pier, x=0.62, row=1.06, far=0.44), "1c1216"),),
)
DUNES = Evening(
    horizon=0.38,
    stops=((0, "ffe0a0"), (0.3, "fcc078"), (0.6, "d8a890"), (1, "7a94b8")),
    sun=Sun(0.80, 0.26, colour="fff0d0", glow_colour="ffa850"),
    clouds=(Clouds(0.30, "fff0d0", "b09090", stretch=4, scale=0.10, beta=3.1),),
    sea=Sea("3a6470", chop=0.9),
    shore=Shore(0.60, 0.50, sand="cda878", wet=0.06, surf=2),
    near=(
        Outline(partial(shapes.grass, left=0.92, right=1.18, height=0.42), "3a2a14"),
        Outline(partial(shapes.grass, left=1.00, right=1.22, height=0.44), "1e150c"),
    ),
    exposure=0.8,
)
LIGHTHOUSE = Evening(
    horizon=0.60,
    stops=((0, "ffbe70"), (0.2, "f0a070"), (0.45, "7aa0a8"), (1, "1c4a70")),
    sun=Sun(0.24, 0.55),
    clouds=(Clouds(0.44, "ffb888", "4a5a70", stretch=1.3, scale=0.15, beta=2.7),),
    sea=Sea("0e3440"),
    shore=None,
    far=(
        Outline(partial(shapes.headland, start=1.1, end=0.30, height=0.05), "5a4a50"),
        Outline(partial(shapes.lighthouse, x=0.71, row=0.53, height=0.20), "20222c"),
        Outline(partial(shapes.headland, start=1.3, end=0.46, height=0.22), "1a1e26"),
    ),
)
BOATS = Evening(
    horizon=0.45,
    stops=((0, "e0906a"), (0.25, "b48088"), (0.6, "64709a"), (1, "283a64")),
    sun=Sun(
        0.60,
        0.36,
        radius=0.045,
        colour="ff9a60",
        brightness=5,
        halo=0.35,
        glow=0.6,
        glow_colour="ff5a3c",
    ),
    clouds=(
        Clouds(
            0.42, "e88a80", "5a4a78", stretch=8, beta=3.3, scale=0.07, thickness=1.0
        ),
    ),
    sea=Sea("2a2c54", chop=0.35),
    shore=Shore(0.90, 0.96, sand="7a6870", surf=0),
    far=(
        Outline(partial(shapes.headland, start=-0.2, end=0.55, height=0.10), "7a4a68"),
    ),
    near=(
        Outline(
            partial(shapes.fishing_boat, x=0.30, row=0.66, scale=0.13), "1c1426", 0.665
        ),
        Outline(
            partial(shapes.fishing_boat, x=0.82, row=0.55, scale=0.06), "30203a", 0.552
        ),
    ),
)
WALKERS = Evening(
    horizon=0.36,
    stops=((0, "fff0b0"), (0.3, "ffd080"), (0.7, "e8a058"), (1, "a8683c")),
    sun=Sun(0.50, 0.20, colour="fff4d8", glow_colour="ffb040"),
    clouds=(Clouds(0.52, "ffe8b0", "b07840", stretch=1.4, scale=0.18, beta=2.8),),
    sea=Sea("6a5430", chop=1.0),
    shore=Shore(0.52, 0.56, wet=0.9, surf=2, sand="a08458"),
    near=(
        Outline(partial(shapes.walker, x=0.41, row=0.70, scale=0.17), "1e120a", 0.70),
        Outline(partial(shapes.birds, x=0.72, row=0.24, count=9), "4a301a"),
    ),
    exposure=0.75,
)
AFTERGLOW = Evening(
    horizon=0.66,
    stops=(
        (0, "ff7a3c"),
        (0.12, "d8485a"),
        (0.35, "7a3a7c"),
        (0.7, "2c2c66"),
        (1, "141a40"),
    ),
    sun=Sun(0.75, 0.69, brightness=0, glow=0.9, halo=0.3, glow_colour="ff5a30"),
    clouds=(Clouds(0.58, "ff5a50", "2c2450", stretch=3, scale=0.13, thickness=1.3),),
    sea=Sea("12163a", chop=0.9, glitter=0.4),
    shore=Shore(0.86, 0.80, wet=0.5, surf=2, sand="4a4050"),
)
TOWERS = Evening(
    horizon=0.56,
    stops=((0, "ffd8b0"), (0.25, "f8b090"), (0.55, "80a8c8"), (1, "2a68a8")),
    sun=Sun(0.90, 0.47, colour="fff0d0", glow_colour="ff9a5a"),
    clouds=(Clouds(0.46, "ffe0c8", "6a6a90", stretch=1.2, scale=0.17, thickness=2.2),),
    sea=Sea("0e5a68", chop=0.9),
    shore=Shore(0.72, 0.90, sand="d8b890", surf=2),
    far=(
        Outline(partial(shapes.headland, start=-0.05, end=0.36, height=0.09), "4a4a5c"),
    ),
    exposure=0.8,
)
EVENINGS = (
    GOLDEN,
    PALMS,
    STACKS,
    STORM,
    PASTEL,
    PIER,
    DUNES,
    LIGHTHOUSE,
    BOATS,
    WALKERS,
    AFTERGLOW,
    TOWERS,
)
