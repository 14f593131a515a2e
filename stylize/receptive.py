"""How far the nodes of a network's graph look, and how large their outputs are."""

import math
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import torch
from torch import Tensor, fx, nn

from stylize.networks import OnlyShapes

# Operations after which each position may have seen the whole picture.
_WHOLE = (
    *("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "Flatten", "flatten", "mean"),
    *("matmul", "softmax", "MultiheadAttention", "shifted_window_attention"),
    *("ShiftedWindowAttention", "ShiftedWindowAttentionV2"),
)


@dataclass(frozen=True)
class Field:
    """The pixels that position i sees along one side.

    From `i * stride_px - before_px` to `i * stride_px + after_px`; infinite if that
    may be all of them.
    """

    before_px: float = 0
    after_px: float = 0
    stride_px: int = 1

    @property
    def size_px(self) -> float:
        return self.before_px + self.after_px + 1

    @property
    def reach_px(self) -> float:
        """How far it looks beyond the pixels between one position and the next."""
        return max(0, self.before_px, self.after_px + 1 - self.stride_px)

    def window(self, size: int, stride: int, padding: int, dilation: int = 1) -> Self:
        """The field after a window of this many positions."""
        extent = dilation * (size - 1)
        return type(self)(
            self.before_px + padding * self.stride_px,
            self.after_px + (extent - padding) * self.stride_px,
            self.stride_px * stride,
        )

    def of_smaller(self, times: int) -> Self:
        """The field in a picture that is looked at so many times smaller."""
        return type(self)(
            self.before_px * times,
            self.after_px * times + times - 1,
            self.stride_px * times,
        )

    def union(self, other: Self) -> Self:
        """What is seen by either of two branches."""
        return type(self)(
            max(self.before_px, other.before_px),
            max(self.after_px, other.after_px),
            max(self.stride_px, other.stride_px),
        )


_WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
_POOL_ARGUMENTS = ("kernel_size", "stride", "padding")

Fields = tuple[Field, Field]  # vertical, horizontal
WHOLE = Field(math.inf, math.inf)


@dataclass(frozen=True)
class Sight:
    """What a node does, the shape of its output, and its fields."""

    kind: str
    shape: tuple[int, ...]
    fields: Fields


class Surveyor(fx.Interpreter):
    """Runs a graph on the meta device and notes the sight of every node."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        super().__init__(network, graph=graph)
        self.extra_traceback = False
        self.sights: dict[fx.Node, Sight] = {}
        self._fields: dict[fx.Node, Fields] = {}

    def survey(self, height: int, width: int) -> dict[fx.Node, Sight]:
        """Sights by node, for a picture of this size.

        Raises:
            RuntimeError, AssertionError: the network cannot take that size.
        """
        with OnlyShapes():
            self.run(torch.empty(1, 3, height, width, device="meta"))
        return self.sights

    def run_node(self, n: fx.Node) -> Any:
        output = super().run_node(n)
        self._fields[n] = self._seen(n)
        if isinstance(output, Tensor):
            self.sights[n] = Sight(self._kind(n), tuple(output.shape), self._fields[n])
        return output

    def _kind(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return type(self.fetch_attr(str(node.target))).__name__
        return str(getattr(node.target, "__name__", node.target))

    def _seen(self, node: fx.Node) -> Fields:
        if self._kind(node) in _WHOLE:
            return WHOLE, WHOLE
        inputs = [self._fields[each] for each in node.all_input_nodes]
        rows = reduce(Field.union, (fields[0] for fields in inputs), Field())
        columns = reduce(Field.union, (fields[1] for fields in inputs), Field())
        window = self._window(node)
        if window is None:
            return rows, columns
        down, across = zip(*window, strict=True)
        return rows.window(*down), columns.window(*across)

    def _window(self, node: fx.Node) -> list[tuple[int, int]] | None:
        """Size, stride, padding and dilation of a convolution or pooling."""
        if node.op == "call_module":
            module = self.fetch_attr(str(node.target))
            if not isinstance(module, _WINDOWS):
                return None
            settings = vars(module)
        elif self._kind(node) in ("max_pool2d", "avg_pool2d"):
            settings = dict(zip(_POOL_ARGUMENTS, node.args[1:], strict=False))
            settings |= node.kwargs
        else:
            return None
        size = settings["kernel_size"]
        stride = settings.get("stride") or size
        others = settings.get("padding", 0), settings.get("dilation", 1)
        return [_pair(value) for value in (size, stride, *others)]


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
