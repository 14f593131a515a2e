"""What is known of each layer of a backbone, without its weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import prod

from torch import fx, nn

from stylize import ensemble, networks, pyramid
from stylize.errors import LayerError
from stylize.receptive import Field, Fields, Sight, Surveyor

# A size that every network takes which takes more than one; others take only this.
USUAL_PX = 224
BYTES_PER_VALUE = 4


@dataclass(frozen=True)
class Layer:
    """One layer, for a square picture of a certain size.

    `shape` is that of its output for one picture: (C, H, W), or (C,) without positions.
    `fields` are what a position sees vertically and horizontally.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    fields: Fields
    parameters: Mapping[str, tuple[int, ...]]

    @property
    def field_px(self) -> float:
        """Side of the receptive field; infinite where it may be the whole picture."""
        return max(field.size_px for field in self.fields)

    @property
    def stride_px(self) -> int:
        """Pixels between one position and the next."""
        return max(field.stride_px for field in self.fields)

    @property
    def reach_px(self) -> float:
        """How far a position looks beyond the pixels that are its own."""
        return max(field.reach_px for field in self.fields)

    @property
    def parameter_count(self) -> int:
        return sum(prod(shape) for shape in self.parameters.values())

    @property
    def output_bytes(self) -> int:
        """What the output for one picture takes in float32."""
        return prod(self.shape) * BYTES_PER_VALUE


@cache
def listing(backbone: str, size_px: int = USUAL_PX) -> tuple[Layer, ...]:
    """All layers in the order in which they run.

    Raises:
        LayerError: there is no such backbone, or it cannot take that size.
    """
    if backbone == pyramid.PYRAMID:
        return tuple(_octaves(size_px))
    if backbone == ensemble.NAME:
        return tuple(_looks(size_px))
    network = networks.build(backbone)
    graph, names = networks.trace(network)
    try:
        sights = Surveyor(network, graph).survey(size_px, size_px)
    except (RuntimeError, AssertionError) as exc:
        raise LayerError(
            f"{backbone} cannot take pictures of {size_px}x{size_px} px: try {USUAL_PX}"
        ) from exc
    named = {names[node]: sight for node, sight in sights.items() if node in names}
    if backbone in networks.CHAINS:
        return tuple(_links(backbone, network, named))
    return tuple(_nodes(network, graph, names, sights))


def find_layer(backbone: str, name: str, size_px: int = USUAL_PX) -> Layer:
    """The layer of this name.

    Raises:
        LayerError: there is none; the message has the nearest names.
    """
    known = {layer.name: layer for layer in listing(backbone, size_px)}
    if name not in known:
        raise LayerError(
            f"{backbone} has no layer {name!r}{networks.nearest(name, known)}"
        )
    return known[name]


def _octaves(size_px: int) -> Iterator[Layer]:
    octave = Field()
    filters = {"weight": (pyramid.FILTERS, 3, pyramid.SIZE_PX, pyramid.SIZE_PX)}
    for number, stride in enumerate(pyramid.STRIDES, start=1):
        side = (size_px >> number - 1) - 1
        if side + 1 < pyramid.SIZE_PX:
            break
        field = octave.window(pyramid.SIZE_PX, stride, pyramid.SIZE_PX // 2)
        shape = 2 * pyramid.FILTERS, side // stride + 1, side // stride + 1
        yield Layer(f"octave{number}", "Octave", shape, (field, field), filters)
        octave = octave.window(2, 2, 0)


def _looks(size_px: int) -> Iterator[Layer]:
    """The layers of all looks; turned fields reach as far as they did."""
    for look in ensemble.LOOKS:
        for layer in listing(look.backbone, size_px // look.shrink):
            down, across = layer.fields
            fields = down.of_smaller(look.shrink), across.of_smaller(look.shrink)
            yield replace(layer, name=look.prefix + layer.name, fields=fields)


def _links(
    backbone: str, network: nn.Module, sights: Mapping[str, Sight]
) -> Iterator[Layer]:
    sight: Sight | None = None
    for name, path in networks.CHAINS[backbone].items():
        before = sight
        inside = [
            sight
            for node, sight in sights.items()
            if node == path or node.startswith(f"{path}.")
        ]
        link, sight = network.get_submodule(path), inside[-1]
        if before and isinstance(link, nn.Linear):  # it is asked of every position
            shape = 1, link.out_features, *before.shape[2:]
            sight = replace(before, shape=shape)
        yield _layer(name, type(link).__name__, sight, link)


def _nodes(
    network: nn.Module,
    graph: fx.Graph,
    names: Mapping[fx.Node, str],
    sights: Mapping[fx.Node, Sight],
) -> Iterator[Layer]:
    for node in graph.nodes:
        if node.op.startswith("call_") and node in sights:
            called = node.op == "call_module"
            module = network.get_submodule(str(node.target)) if called else None
            yield _layer(names[node], sights[node].kind, sights[node], module)


def _layer(name: str, kind: str, sight: Sight, module: nn.Module | None) -> Layer:
    parameters = module.named_parameters() if module else ()
    shapes = {key: tuple(parameter.shape) for key, parameter in parameters}
    return Layer(name, kind, sight.shape[1:], sight.fields, shapes)
