"""Files of weights in torchvision's layout, and networks filled from them."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from stylize.errors import WeightsError

# Published checkpoints keep the names of earlier versions of these networks.
RENAMED = (
    (re.compile(r"^module\."), ""),
    (re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\."), r"\1\2."),
    (re.compile(r"\.mlp\.linear_1\."), ".mlp.0."),
    (re.compile(r"\.mlp\.linear_2\."), ".mlp.3."),
)


@dataclass(frozen=True)
class Checkpoint:
    """The tensors of a file by name; they are read when they are needed."""

    path: Path
    tensors: Mapping[str, Tensor]

    @classmethod
    def open(cls, path: Path) -> "Checkpoint":
        """The checkpoint in a file; nothing in it is run.

        Raises:
            WeightsError: the file is not a checkpoint.
        """
        try:
            loaded = _load(path)
            tensors = loaded.get("state_dict", loaded)
            named = {_name(key): value for key, value in tensors.items()}
        except Exception as exc:  # damage makes torch raise anything
            raise WeightsError(
                f"weights {path} are not a checkpoint that torch can read: fetch them "
                "again, or name another file"
            ) from exc
        return cls(path, named)

    def has(self, prefix: str) -> bool:
        """Whether it has a tensor whose name starts like this."""
        return any(key.startswith(prefix) for key in self.tensors)

    def fill(self, network: nn.Module, backbone: str, *, prefix: str = "") -> None:
        """The network has this checkpoint's numbers, in float32, after this.

        Raises:
            WeightsError: a tensor is missing, has another shape or is not finite.
        """
        filled = {
            key: self._take(prefix + key, like, backbone)
            for key, like in network.state_dict().items()
        }
        network.load_state_dict(filled, assign=True)

    def _take(self, key: str, like: Tensor, backbone: str) -> Tensor:
        if key.endswith("num_batches_tracked"):  # counts training, often left out
            return torch.zeros(like.shape, dtype=like.dtype)
        found = self.tensors.get(key)
        if not isinstance(found, Tensor):
            fault = "is missing"
        elif found.shape != like.shape:
            fault = f"has shape {tuple(found.shape)}, expected {tuple(like.shape)}"
        elif found.is_floating_point() != like.is_floating_point():
            fault = f"is of type {found.dtype}, expected {like.dtype}"
        else:
            copied = found.to(like.dtype, copy=True)
            if copied.sum().isfinite():
                return copied
            fault = "has values that are not finite"
        raise WeightsError(
            f"weights {self.path} are not those of {backbone}: {key} {fault}; name "
            f"another file, or `crawl-and-dream weights fetch {backbone}`"
        )


def _name(key: str) -> str:
    for pattern, replacement in RENAMED:
        key = pattern.sub(replacement, key)
    return key


def _load(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    mapped = zipfile.is_zipfile(path)  # files of old are not, and cannot be mapped
    return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
