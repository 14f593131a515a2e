"""Outputs of pictures that somebody saw and told of, and their pages."""

from collections.abc import Callable
from typing import Any

from lxml import html
from rows import Rows
from sqlalchemy.orm import Session

from db.models import Derivatives, LicenceClaim, Output
from gallery.links import Links
from gallery.output import facts
from gallery.site import render

PAGE = "https://example.org/low-tide"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"

Made = Callable[..., Output]
Page = Callable[[Output], str]


def output_of(
    make: Rows,
    session: Session,
    *,
    asset: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    seen: dict[str, Any] | None = None,
    claim: dict[str, Any] | None = None,
    recipe: dict[str, Any] | None = None,
    **output: Any,
) -> Output:
    """An output of a picture that was seen so; dictionaries are rows' columns."""
    original = make.asset(**asset or {})
    given = {"title": "Low tide", "page_url": PAGE} | (seen or {})
    sighting = make.sighting(original, make.crawl_run(**run or {}), **given)
    claimed = {"licence": "cc-by-sa-4.0", "url": BY_SA, "author": "Ada"}
    told = {"claimed_in": "rel=license", "derivatives": Derivatives.ALLOWED}
    told |= {"sighting_id": sighting.id}
    session.add(LicenceClaim(**told | claimed | (claim or {})))
    job = make.job(make.recipe(**recipe or {}), asset_digest=original.digest)
    return make.output(job, **output)


def page_of_output(session: Session, output: Output) -> str:
    links = Links(up="../")
    return render("output.html", links, **facts(session, links, output.id))


def text_of(page: str, path: str) -> str:
    return " ".join("".join(html.fromstring(page).xpath(f"string({path})")).split())


def links_of(page: str) -> list[str]:
    return [str(href) for href in html.fromstring(page).xpath("//@href | //@src")]
