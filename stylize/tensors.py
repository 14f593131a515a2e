"""Pictures as tensors: (B, 3, H, W) float32 RGB in [0, 1]."""

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from stylize import pictures


def from_arrays(batch: npt.NDArray[np.uint8]) -> Tensor:
    """Pictures of shape (B, H, W, 3), 0 to 255, as a tensor (B, 3, H, W)."""
    return torch.tensor(batch).permute(0, 3, 1, 2).float() / 255


def from_image(image: Image.Image) -> Tensor:
    """A picture as a tensor (1, 3, H, W)."""
    return from_arrays(np.asarray(image.convert("RGB"))[None])


def to_arrays(images: Tensor) -> npt.NDArray[np.uint8]:
    """A tensor (B, 3, H, W) as pictures of shape (B, H, W, 3), 0 to 255, rounded."""
    levels = (images.detach().clamp(0, 1) * 255).round().to(torch.uint8)
    array: npt.NDArray[np.uint8] = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return array


def picture_tensor(picture: bytes, *, size_px: int) -> Tensor:
    """An encoded picture as a tensor (1, 3, H, W), at most `size_px` on its long side.

    Smaller pictures keep their size.

    Raises:
        PictureError: the bytes are not a picture that can be decoded.
    """
    image = pictures.decode(picture)
    shrink = min(1.0, size_px / max(image.size))
    size = (max(1, round(image.width * shrink)), max(1, round(image.height * shrink)))
    resized = image.resize(size, Image.Resampling.LANCZOS)
    return from_arrays(np.asarray(resized)[None])
