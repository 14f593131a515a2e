"""Crawls in processes of their own, forked from one that has imported everything."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_ENGINE = ("scrapy.core.engine", "scrapy.core.downloader.handlers.http11")
_CONTEXT.set_forkserver_preload(
    ["forks", "crawler.__main__", "crawler.pipelines", *_ENGINE]
)
_TIMEOUT_S = 60


def forked(
    arguments: Sequence[str],
    environment: dict[str, str],
    said: Path,
    program: Callable[[], int],
) -> int:
    """Run `program` as a shell would, with its output in `said`/out and `said`/err."""
    process = _CONTEXT.Process(
        target=_become, args=(list(arguments), environment, said, program)
    )
    process.start()
    process.join(_TIMEOUT_S)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("the crawl does not end")
    return process.exitcode


def _become(
    arguments: list[str],
    environment: dict[str, str],
    said: Path,
    program: Callable[[], int],
) -> None:
    for name, descriptor in (("out", 1), ("err", 2)):
        opened = os.open(said / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["python -m crawler", *arguments]
    sys.exit(program())
