"""Rows with defaults, so that a test names only what matters."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from db import models

NOW = datetime(2026, 5, 17, 21, 4, 5, 678901, tzinfo=UTC)


class Rows:
    """Makes rows in a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._count = 0

    def asset(self, digest: str = "", **given: Any) -> models.Asset:
        defaults = {
            "digest": digest or self._digest(),
            "size_bytes": 1000,
            "state": models.AssetState.ACCEPTED,
            "height": 480,
            "width": 640,
            "stored_at": NOW,
        }
        return self._add(models.Asset(**defaults | given))

    def crawl_run(self, **given: Any) -> models.CrawlRun:
        defaults = {"keyword": "dunes", "source": "folder:x", "started_at": NOW}
        return self._add(models.CrawlRun(**defaults | given))

    def sighting(
        self,
        asset: models.Asset | None,
        run: models.CrawlRun,
        *derivatives: models.Derivatives,
        **given: Any,
    ) -> models.Sighting:
        defaults = {
            "crawl_run_id": run.id,
            "asset_digest": asset.digest if asset else None,
            "url": f"https://example.org/{self._digest()[-6:]}.jpg",
            "keyword": run.keyword,
            "score": 1.0,
            "matched": {"alt": ["dunes"]},
            "seen_at": NOW,
        }
        row = self._add(models.Sighting(**defaults | given))
        for answer in derivatives:
            claim = models.LicenceClaim(
                sighting_id=row.id,
                licence=answer.value,
                claimed_in="test",
                derivatives=answer,
            )
            self._add(claim)
        return row

    def recipe(self, **given: Any) -> models.Recipe:
        defaults = {
            "digest": self._digest(),
            "name": "flow",
            "version": 1,
            "algorithm": "patch-transfer",
            "backbone": "pyramid",
            "size_px": 256,
            "body": {},
            "created_at": NOW,
        }
        return self._add(models.Recipe(**defaults | given))

    def job(self, recipe: models.Recipe | None = None, **given: Any) -> models.Job:
        recipe = recipe or self.recipe()
        defaults = {
            "asset_digest": given.get("asset_digest") or self.asset().digest,
            "recipe_digest": recipe.digest,
            "weights_digest": "0" * 64,
            "height": 192,
            "width": 256,
            "created_at": NOW,
        }
        return self._add(models.Job(**defaults | given))

    def output(self, job: models.Job, **given: Any) -> models.Output:
        return self._add(models.Output(**output_row(job) | given))

    def _digest(self) -> str:
        self._count += 1
        return f"{self._count:064x}"

    def _add(self, row: Any) -> Any:
        self._session.add(row)
        self._session.flush()
        return row


def output_row(job: models.Job) -> dict[str, Any]:
    """The columns of an output that a job could have made."""
    return {
        "asset_digest": job.asset_digest,
        "recipe_digest": job.recipe_digest,
        "weights_digest": job.weights_digest,
        "digest": f"{job.id:064x}",
        "path": f"outputs/00/{job.id:064x}.png",
        "media_type": "image/png",
        "size_bytes": 10,
        "height": job.height,
        "width": job.width,
        "seed": 0,
        "device": "cpu",
        "dtype": "float32",
        "seconds": 1.5,
        "batch_size": 1,
        "loss_history": [1.0, 0.5],
        "library_versions": {"torch": "2"},
        "worker": "test/1",
        "created_at": NOW,
    }
