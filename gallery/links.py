"""Where a page finds the others: on a server, or as files beside it on a disk."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from urllib.parse import quote, urlencode

from gallery.thumbnails import thumbnail_path
from pipeline.search import Search

GRID = ""


@dataclass(frozen=True)
class Links:
    """Links of one page, relative to it, so that a site may lie in any folder.

    `up` leads to the top of the site: empty for the pages that lie there; `store` from
    there to what lies in the store. `outputs` are those that have a page; None for all.
    A site that is not complete has pages of outputs alone.
    """

    up: str = ""
    is_static: bool = False
    store: str = "store/"
    outputs: frozenset[int] | None = None
    is_complete: bool = True

    def within_folder(self) -> "Links":
        """The links of a page that lies in a folder of the site."""
        return replace(self, up="../")

    def page(self, name: str = GRID) -> str:
        """A page of the site: `runs`, `outputs/7`; without a name, the grid."""
        if self.is_static:
            return f"{self.up}{name or 'index'}.html"
        return f"{self.up}{name}" or "./"

    def search(self, **wanted: str | None) -> str:
        """The grid with what is wanted alone, by the names of `Search`."""
        query = urlencode({name: value for name, value in wanted.items() if value})
        return f"{self.page()}?{query}" if query else self.page()

    def has(self, output_id: int) -> bool:
        """Whether an output has a page."""
        return self.outputs is None or output_id in self.outputs

    def output(self, output_id: int) -> str:
        return self.page(f"outputs/{output_id}")

    def thumbnail(self, digest: str, side_px: int) -> str:
        return self.file(thumbnail_path(digest, side_px))

    def file(self, path: str) -> str:
        """The file of an output or thumbnail, by its path in the store."""
        return f"{self.up}{self.store}{quote(path)}"

    def web(self, name: str) -> str:
        """A style sheet, script or picture of the pages' own."""
        return f"{self.up}web/{name}"


def query_of(search: Search) -> str:
    """The whole search as the query of a URL, empty when it is for all."""
    fields = asdict(search)
    keywords = [("keyword", keyword) for keyword in fields.pop("keywords")]
    others = [
        (name, value.isoformat() if isinstance(value, date) else value)
        for name, value in fields.items()
        if value is not None
    ]
    return urlencode([*keywords, *others])
