"""Finished pictures as files in the store, and the rows that tell of them."""

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import torch

from flows.provenance import Provenance
from pipeline.encode import Encoded
from pipeline.inspect import Pixels, hashes
from pipeline.store import OUTPUTS, Store, blob_path, digest_of


def keep(
    store: Store,
    file: Encoded,
    said: Provenance,
    pixels: Pixels,
    *,
    loss_history: Sequence[float],
    flow_run_id: str | None = None,
) -> dict[str, Any]:
    """The file is in the store after this; the row that tells of it."""
    digest = digest_of(file.content)
    phash, dhash = hashes(pixels) or (None, None)
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
        "phash": phash,
        "dhash": dhash,
        "seed": said.seed,
        "device": said.device,
        "dtype": said.dtype,
        "threads": said.threads,
        "quality": said.quality,
        "batch": said.batch,
        "batch_size": said.batch_size or 1,
        "started_at": said.started_at,
        "seconds": said.seconds or 0.0,
        "peak_memory_bytes": said.peak_memory_bytes,
        "loss_history": list(loss_history),
        "library_versions": said.library_versions,
        "code_version": said.code_version,
        "worker": f"{socket.gethostname()}/{os.getpid()}",
        "flow_run_id": flow_run_id,
        "created_at": datetime.now(UTC),
    }


def place(device: str) -> dict[str, Any]:
    """Where something is computed, as far as that decides the last digits.

    The device with the model of its card or what a CPU can do, and a CPU's threads.
    """
    if device.startswith("cuda"):
        return {"device": f"{device} {torch.cuda.get_device_name(device)}"}
    if device == "cpu":
        capability = torch.backends.cpu.get_cpu_capability()
        return {"device": f"cpu {capability}", "threads": torch.get_num_threads()}
    return {"device": device}
