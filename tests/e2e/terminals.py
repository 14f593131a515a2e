"""What a person does who follows a page: write its files, type its lines, read on."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = {
    "crawl-and-dream serve": "in another terminal",
    "python -m flows.demo_site": "http://127.0.0.1:8000/",
    "crawl-and-dream gallery --port": "gallery: http://127.0.0.1:8765/",
    "CRAWL_AND_DREAM_HOME=demo crawl-and-dream gallery": "gallery: http://",
    "crawl-and-dream results --recipe flow --title dunes --open": "gallery: http://",
}
TIMEOUT_S = 300
_FENCE = re.compile(r"^```(sh|toml|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def pieces(page: str) -> Iterator[tuple[str, str]]:
    """The fenced pieces of a page: lines to type, files, and what is printed."""
    yield from _FENCE.findall((ROOT / page).read_text())


def commands(page: str) -> list[str]:
    """All lines of a page that are to be typed."""
    shown = (lines(text) for kind, text in pieces(page) if kind == "sh")
    return [line for typed in shown for line in typed]


def lines(text: str) -> list[str]:
    typed = [line.strip() for line in text.splitlines()]
    return [line for line in typed if line and not line.startswith("#")]


class Terminals:
    """Types lines into a shell; what keeps running gets a terminal of its own.

    A page's examples of URLs and keys are exported as what `stands_in` has for them.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.stands_in: dict[str, str] = {}
        self._running: list[subprocess.Popen[bytes]] = []

    def follow(self, page: str) -> None:
        """Do what the page says, in its order; it has to print what the page shows."""
        said = ""
        for kind, text in pieces(page):
            if kind == "sh":
                typed = [line for line in lines(text) if not _sets_up(line)]
                said = "".join([self.type(line) for line in typed])
            elif kind == "text":
                assert _pattern(text).search(said), f"{page} shows\n{text}\nnot\n{said}"
            elif named := re.match(r"# (\S+\.toml)\b", text):
                (self.folder / named[1]).write_text(text)

    def type(self, line: str) -> str:
        """What the line printed, on both streams."""
        if line.startswith("export "):
            name, value = line.removeprefix("export ").split("=", 1)
            self.environment[name] = self.stands_in.get(value, value)
        elif ready := next((r for c, r in READY.items() if line.startswith(c)), None):
            return self._keep_running(line, ready)
        else:
            return self._run(line)
        return ""

    def _run(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def _keep_running(self, line: str, ready: str) -> str:
        log = self.folder / f"terminal-{len(self._running)}"
        with log.open("w") as file:
            started = subprocess.Popen(
                ["bash", "-c", f"exec env {line}"],
                env=self.environment,
                cwd=self.folder,
                stdout=file,
                stderr=file,
            )
        self._running.append(started)
        deadline = time.monotonic() + TIMEOUT_S
        while ready not in log.read_text():
            assert started.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        return log.read_text()

    def close(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(60)


def _sets_up(line: str) -> bool:
    """What makes or enters the environment that the tests are in already."""
    return line.startswith(("make ", ". .venv/"))


def _pattern(shown: str) -> re.Pattern[str]:
    """What is shown, however it is spaced; `…` stands for anything."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in shown.split("…"))
    return re.compile(r"\s*.*?\s*".join(parts), re.DOTALL)
