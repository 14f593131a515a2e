"""What hangs on the demo website: every picture with its words, author and licence."""

from dataclasses import dataclass

from flows.demo_scenes import Kind
from flows.painting.canvas import Size

LANDSCAPE: Size = (512, 768)
PORTRAIT: Size = (768, 512)
SMALL: Size = (384, 576)


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


CC0 = Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")
BY = Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
BY_SA = Licence("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/")
BY_ND = Licence("CC BY-ND 4.0", "https://creativecommons.org/licenses/by-nd/4.0/")


@dataclass(frozen=True)
class Picture:
    """One picture: how to paint it, and the words that stand beside it."""

    slug: str
    kind: Kind
    seed: int
    alt: str
    caption: str
    author: str
    licence: Licence | None
    title: str = ""
    size: Size = LANDSCAPE

    def path(self, width: int | None = None) -> str:
        """Where the picture lies in the given width, full width by default."""
        return f"/pictures/{self.slug}-{width or self.size[1]}.jpg"


# Each matches the keyword "sunset beach" in another place, so that all are tried.
USABLE = (
    Picture(
        "golden-hour",
        "beach",
        0,
        "A sunset beach with a sailing boat on the horizon",
        "The last boat home.",
        "Mara Lindqvist",
        BY,
    ),
    Picture(
        "three-palms",
        "beach",
        1,
        "Three palms against a red sky",
        "Sunset beach at Cala Serena, a minute before dark.",
        "Tomás Reyes",
        BY_SA,
        size=PORTRAIT,
    ),
    Picture(
        "sunset-beach-sea-stacks",
        "beach",
        14,
        "Rock towers in shallow water",
        "Low tide below the towers.",
        "Ines Okafor",
        CC0,
    ),
    Picture(
        "lighthouse-point",
        "beach",
        55,
        "A lighthouse on a dark headland",
        "The keeper has gone, the lamp comes on by itself.",
        "Mara Lindqvist",
        BY,
        title="Sunset beach below the lighthouse",
        size=PORTRAIT,
    ),
    Picture(
        "old-pier",
        "beach",
        17,
        "The old pier at a sunset beach",
        "Sunset beach with the pier the fishermen gave up.",
        "Ines Okafor",
        CC0,
    ),
    Picture(
        "crimson-evening",
        "beach",
        10,
        "A sunset beach under crimson clouds",
        "Ten minutes after the sun went down.",
        "Tomás Reyes",
        BY_SA,
    ),
)
GOLDEN_HOUR, THREE_PALMS, SEA_STACKS, LIGHTHOUSE, PIER, CRIMSON = USABLE

NO_DERIVATIVES = Picture(
    "boats-at-anchor",
    "beach",
    56,
    "Fishing boats off a sunset beach",
    "Please show it as it is: no changes, no crops.",
    "Tomás Reyes",
    BY_ND,
    size=SMALL,
)
UNLICENSED = Picture(
    "storm-postcard",
    "beach",
    3,
    "A stormy sunset beach on an old postcard",
    "Found in a drawer. Nobody remembers who took it.",
    "Unknown",
    None,
    size=SMALL,
)
NO_AI = Picture(
    "pastel-walk",
    "beach",
    64,
    "Two people on a sunset beach",
    "Sunset beach in pastel. Its author wants no machine to learn from it.",
    "Ines Okafor",
    BY,
    size=SMALL,
)
TRUNCATED = Picture(
    "dune-grass",
    "beach",
    6,
    "Dune grass above a sunset beach",
    "The upload stopped halfway; we never noticed.",
    "Mara Lindqvist",
    BY,
    size=SMALL,
)
NOT_AN_IMAGE = Picture(
    "lost-negative",
    "beach",
    11,
    "A sunset beach that was moved elsewhere",
    "Its server answers with an apology.",
    "Mara Lindqvist",
    BY,
    size=SMALL,
)
DISALLOWED = Picture(
    "quiet-walk",
    "beach",
    21,
    "Walking alone on a sunset beach",
    "A draft, not for robots.",
    "Mara Lindqvist",
    BY,
    size=SMALL,
)
ICONS = {"sunset-beach-sun": 24, "sunset-beach-wave": 16}

FORESTS = (
    Picture(
        "green-cathedral",
        "forest",
        24,
        "Morning light falls through a beech forest",
        "The beech wood at Hallin, seven in the morning.",
        "Ines Okafor",
        BY,
        size=SMALL,
    ),
    Picture(
        "pines-in-fog",
        "forest",
        1,
        "Pine trunks in cold fog",
        "Fog does not lift here before noon.",
        "Tomás Reyes",
        CC0,
        size=SMALL,
    ),
    Picture(
        "october",
        "forest",
        26,
        "An autumn forest in gold and rust",
        "October, the good week.",
        "Mara Lindqvist",
        BY_SA,
        size=SMALL,
    ),
)
CITIES = (
    Picture(
        "blue-hour",
        "city",
        0,
        "A skyline with lit windows over the river",
        "Blue hour from the south bank.",
        "Tomás Reyes",
        BY,
        size=SMALL,
    ),
    Picture(
        "ember-towers",
        "city",
        1,
        "Towers before a burning sky",
        "The towers at sunset, seen from the ferry.",
        "Ines Okafor",
        CC0,
        size=SMALL,
    ),
    Picture(
        "moon-bridge",
        "city",
        26,
        "A suspension bridge in moonlight",
        "Full moon over the strait.",
        "Mara Lindqvist",
        BY_SA,
        size=SMALL,
    ),
)
MOUNTAINS = (
    Picture(
        "ridge-after-ridge",
        "mountains",
        12,
        "Mountain ridges fading into haze",
        "Six ridges, counted twice.",
        "Mara Lindqvist",
        BY,
        size=SMALL,
    ),
    Picture(
        "still-lake",
        "mountains",
        1,
        "Snowy peaks mirrored in a lake",
        "The lake before the wind wakes.",
        "Ines Okafor",
        BY_SA,
        size=SMALL,
    ),
    Picture(
        "milky-way",
        "mountains",
        3,
        "The Milky Way above dark mountains",
        "Thirty seconds of starlight.",
        "Tomás Reyes",
        CC0,
        size=SMALL,
    ),
)
OTHERS = FORESTS + CITIES + MOUNTAINS
