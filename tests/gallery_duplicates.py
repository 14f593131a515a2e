"""Near-duplicates with their files, for the pages of a gallery."""

from pictures import encoded, paint
from rows import Rows

from db.engine import writing
from db.models import Derivatives
from gallery.site import Site
from pipeline.store import ORIGINALS, blob_path, digest_of


def add_duplicates(site: Site, count: int) -> None:
    """So many originals called Large, each with a near-duplicate called Small."""
    with writing(site.engine) as session:
        make = Rows(session)
        run = make.crawl_run(source="commons")
        for number in range(count):
            kept = None
            for name, scale in (("Large", 1.0), ("Small", 0.5)):
                picture = paint(500 + number)
                height, width = int(picture.height * scale), int(picture.width * scale)
                content = encoded(picture.resize((width, height)))
                digest = digest_of(content)
                site.store.put(blob_path(ORIGINALS, digest), content)
                asset = make.asset(
                    digest, height=height, width=width, near_duplicate_of=kept
                )
                kept = kept or digest
                title = f"{name} {number}"
                make.sighting(asset, run, Derivatives.ALLOWED, title=title)
