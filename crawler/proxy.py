"""The proxy that a person may put between a crawl and the internet."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from crawler.addresses import HostPort, shown
from pipeline.errors import SettingsError
from pipeline.settings import PREFIX


@dataclass(frozen=True)
class Proxy:
    """Where it is, and the credentials that it wants."""

    host: str
    port: int
    authorization: bytes | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address without credentials."""
        return f"http://{shown(self.host, self.port)}"

    @property
    def places(self) -> frozenset[HostPort]:
        """As what the resolver is asked for it; tunnels do so without a port."""
        return frozenset({(self.host, self.port), (self.host, 0)})


def parse_proxy(setting: SecretStr) -> Proxy | None:
    """The proxy of `http://[USER:PASSWORD@]HOST:PORT`, None where none is set.

    Raises:
        SettingsError: it is written otherwise; the message does not repeat it.
    """
    if not (text := setting.get_secret_value().strip()):
        return None
    form = f"{PREFIX}PROXY: expected http://[USER:PASSWORD@]HOST:PORT"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(form) from None  # its message would repeat the password
    if parts.scheme != "http" or not host or not port or parts.path not in ("", "/"):
        raise SettingsError(form)
    if parts.query or parts.fragment or not host.isascii():
        raise SettingsError(form)
    return Proxy(host, port, _basic(parts.username, parts.password))


def _basic(user: str | None, password: str | None) -> bytes | None:
    if user is None:
        return None
    credentials = f"{unquote(user)}:{unquote(password or '')}".encode()
    return b"Basic " + base64.b64encode(credentials)
