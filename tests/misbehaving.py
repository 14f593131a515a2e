"""Servers that do everything wrong that a server can: one answer for each way.

Answers are handlers of `website.Website`; what they write goes out as it is.
"""

import gzip
import time
import zlib
from collections.abc import Callable
from typing import Any

import brotli
from backports import zstd
from website import Answer

Handler = Callable[[Any], None]

SVG = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY it SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg"><image href="http://10.0.0.1/"/>&it;</svg>"""
_ZEROS = bytes(20_000_000)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
_NO_CHARSET = "text/html; charset=hex"  # Python knows it, as something else
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_LATER = {"Retry-After": "1"}


def raw(*parts: bytes) -> Handler:
    """Send this and hang up."""

    def answer(handler: Any) -> None:
        handler.wfile.write(b"".join(parts))
        handler.close_connection = True

    return answer


def dripping(first: bytes) -> Handler:
    """Go on with a byte every now and then, for longer than anybody waits."""

    def answer(handler: Any) -> None:
        handler.wfile.write(first)
        for _ in range(600):
            handler.wfile.write(b"a")
            time.sleep(0.1)

    return answer


def endless(first: bytes, more: bytes) -> Handler:
    """Go on until the other side hangs up."""

    def answer(handler: Any) -> None:
        handler.wfile.write(first)
        while True:
            handler.wfile.write(more)

    return answer


def packed(encoding: str, body: bytes, media_type: str = "image/jpeg") -> Answer:
    return Answer(body, media_type=media_type, headers={"Content-Encoding": encoding})


def moved(target: str) -> Answer:
    return Answer(status=302, headers={"Location": target})


def busy_once(then: Answer) -> Handler:
    """Ask to be left alone for a second, then answer."""
    asked: list[str] = []

    def answer(handler: Any) -> None:
        asked.append(handler.path)
        now = then if len(asked) > 1 else Answer(status=429, headers=_LATER)
        handler.send_response(now.status)
        for name, value in (now.headers | {"Content-Length": len(now.body)}).items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(now.body)

    return answer


def _thrice_packed() -> bytes:
    return gzip.compress(gzip.compress(gzip.compress(b"\xff\xd8\xff")))


# What speaks against the whole host, which is then left alone for a while.
FAILING: dict[str, tuple[str, Answer | Handler]] = {
    "/drips.jpg": ("timeout", dripping(_HEAD + b"Content-Length: 99999\r\n\r\n")),
    "/drips-a-head.jpg": ("timeout", dripping(_HEAD + b"X-Drip: ")),
    "/drops.jpg": ("unreachable", raw()),
    "/no-http.jpg": ("unreachable", raw(b"220 mail.example ESMTP\r\n")),
    "/endless-head.jpg": (
        "unreachable",
        endless(_HEAD, b"X: " + b"a" * 9000 + b"\r\n"),
    ),
    "/truncated.jpg": ("unreadable", raw(_HEAD, b"Content-Length: 9\r\n\r\n\xff\xd8")),
    "/cut.jpg": ("unreadable", raw(_HEAD, _CHUNKED, b"2\r\n\xff\xd8\r\n9\r\n\xff")),
    "/busy.jpg": ("rate-limited", Answer(status=429, headers=_LATER)),
    "/fails.jpg": ("http-error", Answer(status=500)),
}
REFUSED: dict[str, tuple[str, Answer | Handler]] = {
    # Too much of it.
    "/endless.jpg": ("too-large", endless(_HEAD + b"\r\n\xff\xd8\xff", bytes(65_536))),
    "/large.jpg": ("too-large", raw(_HEAD, b"Content-Length: 32000001\r\n\r\n")),
    "/gzip.jpg": ("too-large", packed("gzip", gzip.compress(_ZEROS))),
    "/deflate.jpg": ("too-large", packed("deflate", zlib.compress(_ZEROS))),
    "/br.jpg": ("too-large", packed("br", brotli.compress(_ZEROS, quality=1))),
    "/zstd.jpg": ("too-large", packed("zstd", zstd.compress(_ZEROS))),
    "/thrice.jpg": ("unreadable", packed("gzip, gzip, gzip", _thrice_packed())),
    "/no-gzip.jpg": ("unreadable", packed("gzip", b"\xff\xd8\xff no gzip")),
    "/no-zstd.jpg": ("unreadable", packed("zstd", b"\xff\xd8\xff no zstd")),
    # Elsewhere.
    "/loop.jpg": ("http-error", moved("/loop.jpg")),
    "/to-private.jpg": ("address-refused", moved("http://169.254.169.254/latest")),
    "/to-user.jpg": ("address-refused", moved("http://me:hush@127.0.0.1/")),
    "/to-file.jpg": ("http-error", moved("file:///etc/passwd")),
    "/to-data.jpg": ("http-error", moved("data:image/png;base64,iVBORw0KGgo=")),
    "/to-nowhere.jpg": ("unreadable", moved("http://[oops")),
    "/gone.jpg": ("http-error", Answer(status=410)),
    # Something else.
    "/hex.jpg": ("unreadable", Answer(b"\xff\xd8", media_type=_NO_CHARSET)),
    "/page.jpg": ("not-an-image", Answer(b"<!doctype html>", media_type="image/jpeg")),
    "/empty.jpg": ("not-an-image", Answer(media_type="image/jpeg")),
    "/nothing.jpg": ("not-an-image", Answer(status=204)),
    "/drawing": ("not-an-image", Answer(SVG, media_type="image/svg+xml")),
    "/drawing.jpg": ("not-an-image", Answer(SVG, media_type="image/jpeg")),
    "/postscript.jpg": ("not-an-image", Answer(b"%!PS-Adobe-3.0 EPSF-3.0\n")),
}

_PHOTO = '<img src="good.jpg" alt="sunset beach">'

PAGES: dict[str, Answer | Handler] = {
    # The good picture comes first: what becomes of the rest is for nobody to say.
    "/unknown-charset/": Answer(
        f"<meta charset='no-such'>{_PHOTO}".encode(), media_type="text/html; charset=x"
    ),
    "/wrong-charset/": Answer(
        _PHOTO.encode() + b"\xff\xfe\x80 caf\xe9", media_type="text/html; charset=utf-8"
    ),
    "/unclosed/": Answer(f"<p><b><table>{_PHOTO}<td><a href='x<p>".encode()),
    "/nested/": Answer(_PHOTO.encode() + b"<div>" * 10_000 + b"<p>" + b"</b>" * 10_000),
    "/nul/": Answer(b"\0<\0p>" + _PHOTO.encode() + b'<a href="\0">\0</a>\0'),
    "/attribute/": Answer(
        f'{_PHOTO}<img alt="sunset {"x" * 5_000_000}" src="{"y" * 5_000}">'.encode()
    ),
    "/srcset/": Answer(f'{_PHOTO}<img srcset="{"a 1w, " * 300_000}">'.encode()),
    "/json/": Answer(
        f"{_PHOTO}<script type='application/ld+json'>{'[' * 100_000}</script>"
        f"<script type='application/ld+json'>{'{' * 9}</script>".encode()
    ),
    "/style/": Answer(f'{_PHOTO}<p style="{"background:url(" * 50_000}">'.encode()),
}
BAD_PAGES: dict[str, Answer | Handler] = {
    "/drips/": dripping(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"),
    "/drops/": raw(),
    "/bomb/": packed("gzip", gzip.compress(_ZEROS), "text/html"),
    "/loop/": moved("/loop/"),
    "/to-private/": moved("http://127.0.0.1/"),
    "/hex/": Answer(b"<p>", media_type=_NO_CHARSET),
    "/refresh/": Answer(b'<meta http-equiv="refresh" content="0; url=file:///etc/">'),
    "/bytes/": Answer(bytes(range(256)) * 400),
    "/empty/": Answer(),
}
