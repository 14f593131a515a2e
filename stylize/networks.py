"""Which torchvision classifiers are backbones, and what their layers are called.

The tuned ones are chains whose links have the names of their papers. The others have
the names of the nodes of their traced graph, as torchvision's feature extraction does.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.overrides import TorchFunctionMode
from torchvision import models
from torchvision.models import WeightsEnum
from torchvision.models.feature_extraction import NodePathTracer

from stylize.errors import LayerError
from stylize.motifs import network as motifs
from stylize.recipes import EMBEDDED


def _vgg(*depths: int) -> list[str]:
    names = []
    for block, depth in enumerate(depths, start=1):
        for place in range(1, depth + 1):
            names += [f"conv{block}_{place}", f"relu{block}_{place}"]
        names.append(f"pool{block}")
    return names


def _features(layers: Iterable[str]) -> dict[str, str]:
    return {layer: f"features.{index}" for index, layer in enumerate(layers)}


_SQUEEZENET = (
    *("conv1", "relu_conv1", "pool1", "fire2", "fire3", "pool3", "fire4", "fire5"),
    *("pool5", "fire6", "fire7", "fire8", "fire9"),
)
_GOOGLENET = (
    *("conv1", "pool1", "conv2", "conv3", "pool2", "inception_3a", "inception_3b"),
    *("pool3", "inception_4a", "inception_4b", "inception_4c", "inception_4d"),
    *("inception_4e", "pool4", "inception_5a", "inception_5b"),
)
_INCEPTION_V3 = (
    *("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_3a_3x3"),
    *("Conv2d_3b_1x1", "Conv2d_4a_3x3", "MaxPool_5a_3x3", "Mixed_5b", "Mixed_5c"),
    *("Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    *("Mixed_7a", "Mixed_7b", "Mixed_7c"),
)

LOGITS = "logits"

# Module paths by layer name, in the order in which they run; the last of each chain
# tells the classes.
CHAINS: dict[str, dict[str, str]] = {
    "vgg19": _features(_vgg(2, 2, 4, 4, 4)) | {LOGITS: "classifier"},
    "vgg16": _features(_vgg(2, 2, 3, 3, 3)) | {LOGITS: "classifier"},
    "inception_v3": {layer: layer for layer in _INCEPTION_V3}
    | {"MaxPool_3a_3x3": "maxpool1", "MaxPool_5a_3x3": "maxpool2", LOGITS: "fc"},
    "googlenet": {
        layer: layer.replace("pool", "maxpool").replace("_", "") for layer in _GOOGLENET
    }
    | {LOGITS: "fc"},
    "squeezenet1_1": _features(_SQUEEZENET) | {LOGITS: "classifier.1"},
    motifs.NAME: _features(motifs.LAYERS) | {LOGITS: "logits"},
}
_HEADLESS = {"init_weights": False, "aux_logits": False, "transform_input": False}
_OPTIONS = {"inception_v3": _HEADLESS, "googlenet": _HEADLESS}


@cache
def known() -> tuple[str, ...]:
    """The names of all torchvision classifiers, the tuned ones first."""
    others = [name for name in models.list_models(module=models) if name not in CHAINS]
    return (*tuned(), *others)


def tuned() -> tuple[str, ...]:
    """The names of those torchvision classifiers whose layers are named by papers."""
    return tuple(name for name in CHAINS if name != motifs.NAME)


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about a wrong name: which may have been meant."""
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {', '.join(folded[each] for each in close)}?"
    return f"; there are {', '.join(islice(folded.values(), 6))}, …"


def build(name: str) -> nn.Module:
    """The network of this name on the meta device: shapes without numbers.

    Raises:
        LayerError: there is none; the message has the nearest names.
    """
    if name == motifs.NAME:
        with torch.device("meta"):
            return motifs.build().eval()
    _check(name)
    with _Hollow():
        network: nn.Module = models.get_model(
            name, weights=None, **_OPTIONS.get(name, {})
        )
    return network.to("meta").eval()


class _Hollow(TorchFunctionMode):
    """Parameters are made on the meta device, what they are counted with is not."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        hollow = {"device": "meta"} if func is torch.empty else {}
        return func(*args, **(kwargs or {}) | hollow)


class OnlyShapes(TorchFunctionMode):
    """Batch norms, which take most of the time on the meta device, do nothing."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return args[0] if func is F.batch_norm else func(*args, **(kwargs or {}))


def published(name: str) -> WeightsEnum:
    """The ImageNet weights that torchvision has for the network of this name.

    Raises:
        LayerError: there is no such network; the message has the nearest names.
    """
    _check(name)
    return models.get_model_weights(name)["DEFAULT"]


def trace(network: nn.Module) -> tuple[fx.Graph, Mapping[fx.Node, str]]:
    """The network's graph, and the name of each of its nodes."""
    tracer = NodePathTracer()
    graph = tracer.trace(network)
    return graph, tracer.node_to_qualname


def _check(name: str) -> None:
    if name in EMBEDDED:
        raise LayerError(f"{name} is embedded: it needs no weights")
    if name not in known():
        meant = nearest(name, (*known(), *EMBEDDED))
        raise LayerError(f"there is no backbone {name!r}{meant}")
