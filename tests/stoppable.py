"""A PostgreSQL server that goes away and comes back, as after a restart."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from postgres import MISSING, REQUIRED, _programs, _run, _server
from sqlalchemy import make_url


@dataclass(frozen=True)
class Server:
    """A server of one test's own; `url` is that of its database."""

    url: str
    programs: Path

    @property
    def folder(self) -> Path:
        return Path(str(make_url(self.url).query["host"]))

    def stop(self) -> None:
        """Every connection is lost, whatever was under way on it."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._control("-l", self.folder / "log", "-w", "restart")

    def freeze(self) -> None:
        """It is there and answers nothing."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    @contextmanager
    def away(self, seconds: float, *, frozen: bool = False) -> Iterator[None]:
        """It has gone when the block begins, and is back so many seconds later."""
        (self.freeze if frozen else self.stop)()
        coming_back = threading.Thread(target=self._come_back, args=(seconds, frozen))
        coming_back.start()
        try:
            yield
        finally:
            coming_back.join()

    def _come_back(self, seconds: float, frozen: bool) -> None:
        time.sleep(seconds)
        (self.thaw if frozen else self.start)()

    def _processes(self) -> list[psutil.Process]:
        number = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        first = psutil.Process(int(number))
        return [first, *first.children(recursive=True)]

    def _control(self, *words: object) -> None:
        user = "nobody" if os.geteuid() == 0 else None
        _run(user, self.programs / "pg_ctl", "-D", self.folder / "data", *words)


@contextmanager
def stoppable() -> Iterator[Server]:
    """A server; it has to run when the block ends."""
    if not (programs := _programs()):
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(MISSING)
    with _server(programs) as url:
        yield Server(url, programs)
