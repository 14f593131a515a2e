"""C2PA manifests: signed into finished files, checked in files of anybody.

Without the extra `c2pa` nothing is signed, and a manifest that is there stays unread.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Literal

from pipeline.encode import Encoded
from pipeline.signing_key import SigningKey

State = Literal["none", "trusted", "untrusted", "invalid", "not checked"]

_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_STATES: Mapping[str | None, State] = {"Trusted": "trusted", "Valid": "untrusted"}
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_SCAN, _APP11 = 0xDA, 0xEB  # markers of a JPEG


@dataclass(frozen=True)
class Manifest:
    """What is known of a file's manifest, and who says to have signed it.

    `untrusted` is a whole and untouched one that was signed by a stranger's key,
    `invalid` one that is broken or belongs to other bytes; `failures` are C2PA's words
    for why.
    """

    state: State
    signed_by: str | None = None
    failures: tuple[str, ...] = ()


def is_installed() -> bool:
    """Whether manifests can be signed and checked."""
    return find_spec("c2pa") is not None


def sign(file: Encoded, key: SigningKey, definition: Mapping[str, Any]) -> Encoded:
    """The file with a manifest; without that it has the same bytes as before."""
    import c2pa

    context = {
        "builder": {"thumbnail": {"enabled": False}},  # 119 kB, and 100 ms
        "verify": {"verify_after_sign": False} | _OFFLINE,
    }
    algorithm, signed = c2pa.C2paSigningAlg.ES256, io.BytesIO()
    about = c2pa.C2paSignerInfo(algorithm, key.certificates, key.private_key, None)
    with (
        c2pa.Context.from_dict(context) as rules,
        c2pa.Signer.from_info(about) as signer,
        c2pa.Builder(dict(definition), context=rules) as builder,
    ):
        builder.sign(signer, file.media_type, io.BytesIO(file.content), signed)
    return replace(file, content=signed.getvalue())


def check(content: bytes, trusted: str) -> Manifest:
    """What is known of the manifest of a file of anybody; nothing is fetched for it.

    `trusted` are the certificates, in PEM, of those whose signatures are believed.
    """
    if not is_installed():
        has_one = without_manifest(content) != content
        return Manifest("not checked" if has_one else "none")
    import c2pa

    trust = {"trust": {"user_anchors": trusted}} if trusted else {}
    with c2pa.Context.from_dict({"verify": _OFFLINE} | trust) as rules:
        try:
            with c2pa.Reader(None, io.BytesIO(content), context=rules) as reader:
                return _found(reader)
        except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
            return Manifest("none")
        except c2pa.C2paError as exc:
            said = str(exc)
            is_elsewhere = said.startswith("Remote:")  # which has no class of its own
            return Manifest("none" if is_elsewhere else "invalid", None, (said,))


def _found(reader: Any) -> Manifest:
    state = _STATES.get(reader.get_validation_state(), "invalid")
    active = reader.get_active_manifest() or {}
    results = (reader.get_validation_results() or {}).get("activeManifest") or {}
    return Manifest(
        state,
        active.get("signature_info", {}).get("common_name"),
        tuple(failure["code"] for failure in results.get("failure", ())),
    )


def without_manifest(content: bytes) -> bytes:
    """A PNG, JPEG or WebP as it was before it was signed; other bytes as they are."""
    try:
        if content.startswith(_PNG):
            return _PNG + b"".join(_kept_of_png(content))
        if content.startswith(_JPEG):
            return _JPEG + b"".join(_kept_of_jpeg(content))
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            body = b"WEBP" + b"".join(_kept_of_webp(content))
            size = _riff_size(content) - (len(content) - 8 - len(body))
            return b"RIFF" + struct.pack("<I", size) + body
    except struct.error:
        pass  # it ends in the middle
    return content


def _kept_of_png(content: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", content, at)
        if name == b"IEND":
            break
        end = at + 12 + length
        if name != b"caBX":
            yield content[at:end]
        at = end
    yield content[at:]


def _kept_of_jpeg(content: bytes) -> Iterator[bytes]:
    at = len(_JPEG)
    while True:
        _, marker, length = struct.unpack_from(">BBH", content, at)
        if marker == _SCAN:
            break
        end = at + 2 + length
        if marker != _APP11 or content[at + 4 : at + 6] != b"JP":
            yield content[at:end]
        at = end
    yield content[at:]


def _kept_of_webp(content: bytes) -> Iterator[bytes]:
    at, whole = 12, 8 + _riff_size(content)
    while at < whole:
        name, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        if name != b"C2PA":
            yield content[at:end]
        at = end
    yield content[at:]


def _riff_size(content: bytes) -> int:
    """Bytes from the ninth on that belong to the picture; others may follow."""
    [size] = struct.unpack_from("<I", content, 4)
    return int(size)
