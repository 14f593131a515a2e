"""What pictures tell becomes rows."""

from dataclasses import asdict

from sqlalchemy import delete
from sqlalchemy.orm import Session

from db import appearance
from db.models import Asset, AssetState
from pipeline.inspect import Inspection

_IN_TABLES = {"palette", "measures", "exif"}


def keep(session: Session, asset: Asset, seen: Inspection) -> None:
    """The asset has what was seen in its columns, and in rows in place of earlier ones.

    What was only stored has none: its state is set after this. Labels and features
    stay: they are not of the inspection.
    """
    for name, value in asdict(seen).items():
        if name not in _IN_TABLES:
            setattr(asset, name, value)
    if asset.state is not AssetState.STORED:
        for table in (appearance.Swatch, appearance.Measurement, appearance.Exif):
            session.execute(delete(table).where(table.asset_digest == asset.digest))
    session.add_all(
        appearance.Swatch(asset_digest=asset.digest, rank=rank, **swatch)
        for rank, swatch in enumerate(seen.palette)
    )
    measured = asdict(seen.measures)
    session.add(appearance.Measurement(asset_digest=asset.digest, **measured))
    said = asdict(seen.exif)
    if any(value is not None for value in said.values()):
        session.add(appearance.Exif(asset_digest=asset.digest, **said))
