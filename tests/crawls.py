"""What a crawl said, and what it left in the database."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import CrawlRun, Sighting


@dataclass(frozen=True)
class Crawled:
    """What a crawl said and how it ended."""

    events: list[dict[str, Any]]
    exit_status: int
    stderr: str

    @property
    def closed(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.closed["stats"]
        return stats

    @property
    def outcomes(self) -> dict[str, str]:
        """Path of each image -> `kept`, `known`, or the reason why it is refused."""
        return {
            event["url"].partition("//")[2].partition("/")[2]: (
                event["reason"] or event["outcome"]
            )
            for event in self.events
            if event["event"] == "image"
        }


def sightings(session: Session) -> dict[str, Sighting]:
    """Every sighting by the path of its URL."""
    rows = session.scalars(select(Sighting).order_by(Sighting.id))
    return {"/" + row.url.split("/", 3)[3]: row for row in rows}


def last_run(session: Session) -> CrawlRun:
    runs = select(CrawlRun).order_by(CrawlRun.id.desc()).limit(1)
    return session.scalars(runs).one()
