"""The closed list of image formats, told by their first bytes."""

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".tif", ".tiff"}
)
HEAD_BYTES = 16

_STARTS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"),
    *(b"II*\x00", b"MM\x00*"),
)
_AVIF_BRANDS = (b"avif", b"avis")


def is_image(head: bytes) -> bool:
    """Whether content that begins like this is JPEG, PNG, WebP, GIF, AVIF or TIFF."""
    if head.startswith(_STARTS):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    return head[4:8] == b"ftyp" and head[8:12] in _AVIF_BRANDS
