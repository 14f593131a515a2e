"""End well if the worker of this container answers."""

from urllib.request import urlopen

with urlopen("http://127.0.0.1:8080/health", timeout=5):
    pass
