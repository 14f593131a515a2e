"""The closed list of image formats, told by their first bytes."""

from collections.abc import Iterator

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".tif", ".tiff"}
)
IMAGE_TYPES = frozenset(
    f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "avif", "tiff")
)
HEAD_BYTES = 64

_STARTS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"),
    *(b"II*\x00", b"MM\x00*"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def is_image(head: bytes) -> bool:
    """Whether content that begins like this is JPEG, PNG, WebP, GIF, AVIF or TIFF."""
    if head.startswith(_STARTS):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    return head[4:8] == b"ftyp" and not _AVIF_BRANDS.isdisjoint(_brands(head))


def _brands(head: bytes) -> Iterator[bytes]:
    """What a file in boxes says it is: first its own brand, then compatible ones."""
    box = head[: int.from_bytes(head[:4], "big")]
    yield box[8:12]
    for start in range(16, len(box), 4):
        yield box[start : start + 4]
