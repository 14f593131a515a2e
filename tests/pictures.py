"""Small pictures for tests, painted from a seed."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms


def paint(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Coloured clouds, (width, height); every seed another picture."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, name: str = "JPEG", **options: Any) -> bytes:
    """The picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def mirrored_profile() -> bytes:
    """An ICC profile: sRGB with red and blue exchanged, what it calls red is blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    parts = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ")
    return parts.replace(b"????", b"bXYZ")
