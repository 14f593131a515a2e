"""The credits of outputs as one file, in Markdown or CSV."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawler import credit
from crawler.credit import Credit, Terms
from db.models import Output, Recipe
from flows.album import replacing
from flows.exporting import Conditions, check_any, chosen, steps
from flows.progress import onlooker
from flows.spreadsheets import cell
from pipeline.search import EVERYTHING, Search

SUFFIXES = (".md", ".csv")

_AT_ONCE = 200  # rows in memory
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_IN_URLS = "%/:?#[]@!$&'()*+,;=~-._"
_COLUMNS = (
    *("path", "digest", "title", "author", "source_url", "licence", "licence_url"),
    *("changes", "share_alike", "attribution"),
)


@dataclass(frozen=True)
class Credited:
    """An output, what it was made by, and whom its original is credited to."""

    path: str
    digest: str
    algorithm: str
    recipe: str
    owed: Credit

    @property
    def changes(self) -> str:
        return credit.changes(self.algorithm, self.recipe)

    @property
    def share_alike(self) -> str | None:
        terms = self.owed.inherited
        return None if terms is None else credit.share_alike(terms)


def write(session: Session, out: Path, search: Search = EVERYTHING) -> int:
    """Have a file that credits outputs, whole or not at all; of how many.

    The suffix of `out`, one of `SUFFIXES`, says in which form.

    Raises:
        SearchError: nothing can be found so.
        UsageError: there are no such outputs, or the file cannot be written.
        Aborted: somebody stopped it; there is no file, or that of before.
    """
    where, most = chosen(session, search)
    begin = _csv if out.suffix.lower() == ".csv" else _markdown
    with (
        replacing(out) as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        write_one, count = begin(file), 0
        for one in _credited(session, search, where, steps(most)):
            write_one(one)
            count += 1
        check_any(count)
        onlooker().end()
    return count


def _credited(
    session: Session, search: Search, where: Conditions, counter: Iterator[None]
) -> Iterator[Credited]:
    """Those that are wanted of the outputs of which `where` is true, all counted."""
    outputs = (
        select(
            Output.id,
            Output.path,
            Output.digest,
            Output.asset_digest,
            Recipe.algorithm,
            Recipe.name,
        )
        .join(Recipe, Recipe.digest == Output.recipe_digest)
        .where(*where)
        .order_by(Output.digest, Output.id)
    )
    with session.execute(outputs.execution_options(yield_per=_AT_ONCE)) as found:
        for page in found.partitions():
            wanted = search.wanted_of(session, [row.id for row in page])
            assets = dict.fromkeys(row.asset_digest for row in page)
            credits_of = credit.of_assets(session, list(assets))
            for number, path, digest, asset, algorithm, name in page:
                next(counter)
                if number in wanted:
                    yield Credited(path, digest, algorithm, name, credits_of[asset])


def _markdown(file: TextIO) -> Callable[[Credited], None]:
    file.write("# Attribution\n")

    def write_one(one: Credited) -> None:
        file.write(f"\n## {_text(one.path)}\n\n")
        for name, value in _lines(one):
            if value:
                file.write(f"- {name}: {value}\n")

    return write_one


def _lines(one: Credited) -> list[tuple[str, str | None]]:
    said = one.owed
    return [
        ("Title", _text(said.title or "untitled")),
        ("Author", _text(said.author or "not known")),
        ("Source", _link(said.source_url)),
        ("Licence", _terms(said.terms)),
        ("Changes", _text(one.changes)),
        ("Share-alike", one.share_alike and _text(one.share_alike)),
        ("Attribution", _text(said.sentence) if said.sentence else None),
    ]


def _terms(terms: Terms | None) -> str:
    if terms is None:
        return "none is stated"
    link = _link(terms.url)
    return f"{_text(terms.name)}, {link}" if link else _text(terms.name)


def _text(said: str) -> str:
    """Text that stands in Markdown as it is: all punctuation is escaped."""
    return _PUNCTUATION.sub(r"\\\1", said)


def _link(url: str | None) -> str | None:
    return None if url is None else f"<{quote(url, safe=_IN_URLS)}>"


def _csv(file: TextIO) -> Callable[[Credited], None]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)

    def write_one(one: Credited) -> None:
        said, terms = one.owed, one.owed.terms
        row = (
            one.path,
            one.digest,
            said.title,
            said.author,
            said.source_url,
            terms and terms.name,
            terms and terms.url,
            one.changes,
            one.share_alike,
            said.sentence,
        )
        writer.writerow([cell(value) for value in row])

    return write_one
