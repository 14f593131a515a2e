"""Names of colours: those whose name nobody disputes are called so."""

import numpy as np
import pytest
from PIL import ImageColor

from pipeline.colour_names import NAMES, names_of

UNDISPUTED = {
    "black": "#000000 #101010 #1c1c1c #05080a",
    "white": "white snow whitesmoke ivory #fdfdfd",
    "grey": "grey dimgrey darkgrey lightgrey silver gainsboro slategrey #404040",
    "red": "red crimson firebrick darkred #e02020 #c01818",
    "orange": "orange darkorange sandybrown #ff8000 #e57b1a",
    "yellow": "yellow gold khaki #ffe600 #f5e050",
    "green": "lime green darkgreen forestgreen limegreen lightgreen olivedrab seagreen",
    "blue": "blue navy royalblue skyblue deepskyblue steelblue midnightblue lightblue",
    "purple": "purple indigo darkviolet rebeccapurple blueviolet mediumpurple",
    "pink": "pink hotpink deeppink lightpink #ffb6d0",
    "brown": "saddlebrown sienna #6b4423 #8b5a2b #5c4033",
    "beige": "beige wheat tan burlywood #e8dcc0",
}


def named(*colours: str) -> list[str]:
    levels = np.array([ImageColor.getrgb(colour) for colour in colours], float)
    return [NAMES[place] for place in names_of(levels)]


@pytest.mark.parametrize(("name", "colours"), UNDISPUTED.items())
def test_what_nobody_disputes_is_called_so(name: str, colours: str):
    assert named(*colours.split()) == [name] * len(colours.split())


def test_every_colour_has_a_name():
    sides = np.meshgrid(*[np.arange(0, 256, 17.0)] * 3)
    found = names_of(np.stack(sides, axis=-1).reshape(-1, 3))

    assert set(found) == set(range(len(NAMES)))
