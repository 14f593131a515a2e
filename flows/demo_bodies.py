"""What the demo website answers at every path: pages, pictures, and trouble."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from flows import demo_pictures as pictures
from flows.demo_pages import STYLE, WIDTHS, pages
from flows.demo_pictures import Picture
from flows.demo_scenes import paint

HTML = "text/html; charset=utf-8"
JPEG = "image/jpeg"
NO_AI_HEADERS = {"X-Robots-Tag": "noai, noimageai"}
ALL_MOODS = 12
"""Every kind is back at its first mood after so many seeds."""


@dataclass(frozen=True)
class Response:
    """What the server answers at one path."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def bodies(seed: int) -> dict[str, Response]:
    """Every answer of the website by its path."""
    answers = {path: Response(html.encode(), HTML) for path, html in pages().items()}
    answers["/style.css"] = Response(STYLE.encode(), "text/css; charset=utf-8")
    answers["/robots.txt"] = Response(
        b"User-agent: *\nDisallow: /private/\n", "text/plain; charset=utf-8"
    )
    answers |= _photographs(seed)
    answers |= _copies(answers)
    answers |= _broken(answers)
    return answers | {f"/icons/{n}.png": _icon(px) for n, px in pictures.ICONS.items()}


def _photographs(seed: int) -> dict[str, Response]:
    troubled = (
        pictures.NO_DERIVATIVES,
        pictures.UNLICENSED,
        pictures.NO_AI,
        pictures.TRUNCATED,
        pictures.DISALLOWED,
    )
    shown = (*pictures.USABLE, *troubled, *pictures.OTHERS)
    # numpy lets go of the interpreter while it computes, so threads paint in parallel.
    with ThreadPoolExecutor() as painters:
        sizes = painters.map(lambda picture: _sizes(picture, seed), shown)
        return {path: response for each in sizes for path, response in each.items()}


def _sizes(picture: Picture, seed: int) -> dict[str, Response]:
    """The picture in every width its `srcset` names."""
    round_of_moods = picture.seed + ALL_MOODS * seed
    photograph = Image.fromarray(paint(picture.kind, round_of_moods, picture.size))
    height, width = picture.size
    headers = NO_AI_HEADERS if picture is pictures.NO_AI else {}
    responses = {picture.path(): Response(_jpeg(photograph, 90), JPEG, headers)}
    for smaller in (w for w in WIDTHS if w < width):
        resized = photograph.resize((smaller, round(height * smaller / width)))
        responses[picture.path(smaller)] = Response(_jpeg(resized, 84), JPEG, headers)
    return responses


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _copies(answers: Mapping[str, Response]) -> dict[str, Response]:
    """The same bytes, a worse encoding and a smaller size, each under another name."""
    golden = answers[pictures.GOLDEN_HOUR.path()]
    with Image.open(BytesIO(answers[pictures.THREE_PALMS.path()].body)) as palms:
        mailed = _jpeg(palms, 45)
    with Image.open(BytesIO(answers[pictures.SEA_STACKS.path()].body)) as stacks:
        bookmark = _jpeg(stacks.resize((480, 320)), 88)
    return {
        "/postcards/golden-hour-copy.jpg": golden,
        "/postcards/three-palms-mailed.jpg": Response(mailed, JPEG),
        "/postcards/sunset-beach-bookmark.jpg": Response(bookmark, JPEG),
    }


def _broken(answers: Mapping[str, Response]) -> dict[str, Response]:
    """Half a JPEG, and a page that claims to be one, in every width."""
    apology = b"<!DOCTYPE html>\n<title>Moved</title>\n<p>This picture has moved.</p>\n"
    broken = {}
    for width in (*WIDTHS, None):
        path = pictures.TRUNCATED.path(width)
        whole = answers[path].body
        broken[path] = Response(whole[: len(whole) // 2], JPEG)
        broken[pictures.NOT_AN_IMAGE.path(width)] = Response(apology, JPEG)
    return broken


def _icon(size_px: int) -> Response:
    buffer = BytesIO()
    radial = Image.radial_gradient("L").resize((size_px, size_px))
    sky = Image.new("RGB", radial.size, "#e8804a")
    sun = Image.new("RGB", radial.size, "#fff0c0")
    Image.composite(sky, sun, radial).save(buffer, "PNG")
    return Response(buffer.getvalue(), "image/png")
