"""Which device the tensors live on, and which precision its convolutions run in."""

import torch

from stylize.errors import DeviceError


def resolve(name: str) -> torch.device:
    """The device called `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.

    `auto` takes the first CUDA device, else Apple's, else the CPU.

    Raises:
        DeviceError: the name is not one of these, or this machine has no such device.
    """
    if name == "auto":
        return _best()
    kind, _, index = name.partition(":")
    if kind == "cpu" and not index:
        return torch.device("cpu")
    if kind == "mps" and not index:
        return _mps()
    if kind == "cuda" and (index.isdecimal() or name == "cuda"):
        return _cuda(int(index or 0))
    raise DeviceError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:N or mps")


def resolve_all(names: str) -> list[torch.device]:
    """The devices of a list such as `cuda:0,cuda:2`; `cuda:all` are all visible ones.

    A device that is named twice is there twice.

    Raises:
        DeviceError: a name is none that `resolve` knows, or there is no such device.
    """
    if names != "cuda:all":
        return [resolve(name.strip()) for name in names.split(",")]
    if not torch.cuda.is_available():
        raise DeviceError(
            "device cuda:all is not available: this machine has no CUDA device; use "
            "auto or cpu"
        )
    return [torch.device("cuda", index) for index in range(torch.cuda.device_count())]


def first(names: str) -> torch.device:
    """The first device of such a list, for what works on one."""
    return resolve_all(names)[0]


def convolution_dtype(device: torch.device, precision: str = "auto") -> torch.dtype:
    """float32 for `fp32`, bfloat16 for `bf16`, and for `auto` what suits the chip.

    That is bfloat16 where it multiplies in it: a CPU without AMX or AVX512-BF16
    emulates bfloat16 and gets slower by it.
    """
    if precision != "auto":
        return {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        native = any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16"))
    else:
        native = False
    return torch.bfloat16 if native else torch.float32


def _best() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda:0")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _mps() -> torch.device:
    if not torch.backends.mps.is_available():
        raise DeviceError("device mps is not available here: use auto or cpu")
    return torch.device("mps")


def _cuda(index: int) -> torch.device:
    count = torch.cuda.device_count()
    if index >= count:
        raise DeviceError(
            f"device cuda:{index} is not available: this machine has {count} CUDA "
            "devices; use auto or cpu"
        )
    return torch.device("cuda", index)
