"""The painter of each class of motif."""

from collections.abc import Callable

from torch import Tensor

from stylize.motifs import creatures, ornaments, plants, surfaces
from stylize.motifs.plane import Plane

# Colours (B, 3, H, W) and how much of each pixel they cover (B, 1, H, W).
Painter = Callable[[Plane], tuple[Tensor, Tensor]]

# Motifs without an edge, which go on as far as the picture does.
SURFACES: dict[str, Painter] = {
    "arch": surfaces.arch,
    "brick": surfaces.brick,
    "cloth": surfaces.cloth,
    "coral": creatures.coral,
    "crystal": surfaces.crystal,
    "fur": creatures.fur,
    "honeycomb": surfaces.honeycomb,
    "mosaic": surfaces.mosaic,
    "scale": creatures.scale,
    "stone": surfaces.stone,
    "wave": ornaments.wave_,
    "wood": plants.wood,
}
# Motifs within a circle of radius 1.
FIGURES: dict[str, Painter] = {
    "bubble": ornaments.bubble,
    "butterfly": creatures.butterfly,
    "eye": creatures.eye,
    "feather": creatures.feather,
    "fish": creatures.fish,
    "flame": ornaments.flame,
    "flower": plants.flower,
    "leaf": plants.leaf,
    "mandala": ornaments.mandala,
    "mushroom": plants.mushroom,
    "pagoda": surfaces.pagoda,
    "petal": plants.petal,
    "ring": ornaments.ring,
    "shell": creatures.shell,
    "spiral": ornaments.spiral,
    "star": ornaments.star,
    "tentacle": creatures.tentacle,
    "tree": plants.tree,
    "web": ornaments.web,
}
PAINTERS = SURFACES | FIGURES
# Motifs that have an up and a down.
UPRIGHT = frozenset({"arch", "eye", "flame", "mushroom", "pagoda", "tree", "wave"})
