"""Messages without the places of this machine that they name."""

import re

_WEB = r"(?P<web>https?://[^\s'\"<>]+)"
# Any other address: with a host, which is left out, or a path on this machine.
_HOST = r"(?P<scheme>[A-Za-z][\w+.-]*)://(?!/)[^\s'\"<>]*"
_PATH = (
    r"(?<![\w./…])(?:[A-Za-z][\w+.-]*:)?/"
    r"(?:[^\n'\":;,<>]*/)?(?P<name>[^/\n'\":;,<>\s]*)"
)
_WINDOWS = r"(?<!\w)[A-Za-z]:\\(?:[^\n'\":;,<>]*\\)?(?P<file>[^\\\n'\":;,<>\s]*)"
_PLACE = re.compile("|".join((_WEB, _HOST, _PATH, _WINDOWS)))
_USER = re.compile(r"(?<=//)[^/@\s]*@")


def without_places(text: str) -> str:
    """The same without folders, databases and buckets; names of files stay.

    Addresses on the web stay, without names and passwords.
    """
    return _PLACE.sub(_shortened, text)


def _shortened(found: re.Match[str]) -> str:
    if web := found["web"]:
        return _USER.sub("", web)
    if scheme := found["scheme"]:
        return f"{scheme}://…"
    return f"…/{found['name'] or found['file'] or ''}"
