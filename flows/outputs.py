"""Finished pictures as files in the store, and the rows that tell of them."""

import os
import platform
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import torch

from flows.provenance import Provenance
from pipeline.encode import Encoded
from pipeline.store import OUTPUTS, Store, blob_path, digest_of


def keep(
    store: Store,
    file: Encoded,
    said: Provenance,
    *,
    seconds: float,
    batch_size: int,
    loss_history: Sequence[float],
    flow_run_id: str | None = None,
) -> dict[str, Any]:
    """The file is in the store after this; the row that tells of it.

    Args:
        said: what the file says of itself.
        seconds: that it took, as one of a batch.
    """
    digest = digest_of(file.content)
    path = blob_path(OUTPUTS, digest, file.suffix)
    store.put(path, file.content)
    return {
        "asset_digest": said.content_digest,
        "recipe_digest": said.recipe_digest,
        "weights_digest": said.weights_digest,
        "digest": digest,
        "path": path,
        "media_type": file.media_type,
        "size_bytes": len(file.content),
        "height": said.height,
        "width": said.width,
        "seed": said.seed,
        "device": said.device,
        "dtype": said.dtype,
        "seconds": seconds,
        "batch_size": batch_size,
        "loss_history": list(loss_history),
        "library_versions": said.library_versions,
        "worker": f"{socket.gethostname()}/{os.getpid()}",
        "flow_run_id": flow_run_id,
        "created_at": datetime.now(UTC),
    }


@cache
def library_versions() -> dict[str, str]:
    """What an output was made with."""
    names = ("crawl-and-dream", "torch", "torchvision", "pillow", "numpy")
    return {"python": platform.python_version()} | {n: version(n) for n in names}


def device_name(device: str) -> str:
    """The device, with the model of its card if it is one."""
    if device.startswith("cuda"):
        return f"{device} {torch.cuda.get_device_name(device)}"
    return device
