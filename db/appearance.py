"""What a picture tells of itself, each kind in a table of its own.

All of it can be told again from the picture's bytes; rows go with their asset.
"""

from typing import Annotated

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Sha256

OfAsset = Annotated[
    str,
    mapped_column(
        String(64), ForeignKey("asset.digest", ondelete="CASCADE"), primary_key=True
    ),
]


class Swatch(Base):
    """What of an asset has one name of a colour; the largest share has rank 0."""

    __tablename__ = "swatch"
    __table_args__ = (Index("ix_swatch_found", "name", "asset_digest", "share"),)

    asset_digest: Mapped[OfAsset]
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    colour: Mapped[str] = mapped_column(String(7), comment="#rrggbb, their mean")
    name: Mapped[str] = mapped_column(String(16), comment="orange, blue, …")
    share: Mapped[float] = mapped_column(comment="of the picture, up to 1")


class Measurement(Base):
    """Numbers of an asset's pixels."""

    __tablename__ = "measurement"

    asset_digest: Mapped[OfAsset]
    brightness: Mapped[float] = mapped_column(comment="mean grey level, 0 to 1")
    sharpness: Mapped[float] = mapped_column(
        comment="of edges at 512 px, 0 where there are none"
    )
    aspect: Mapped[float] = mapped_column(comment="width / height, upright")


class Exif(Base):
    """What a camera wrote into an asset; no row where it wrote nothing of this."""

    __tablename__ = "exif"

    asset_digest: Mapped[OfAsset]
    camera: Mapped[str | None] = mapped_column(index=True, comment="make and model")
    taken_at: Mapped[str | None] = mapped_column(
        String(19), index=True, comment="the camera's own time, 2026-05-17T21:04:05"
    )
    latitude: Mapped[float | None] = mapped_column(
        comment="degrees, north is positive; kept only on request"
    )
    longitude: Mapped[float | None] = mapped_column(
        comment="degrees, east is positive; kept only on request"
    )


class Label(Base):
    """A class that a network with a classifier sees in an asset; the best is 0."""

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_found", "name", "asset_digest", "score"),)

    asset_digest: Mapped[OfAsset]
    weights_digest: Mapped[Sha256] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    backbone: Mapped[str]
    name: Mapped[str]
    score: Mapped[float] = mapped_column(comment="probability, 0 to 1")


class Feature(Base):
    """Pooled features of an asset, which are near those of its crops and mirrors."""

    __tablename__ = "feature"

    asset_digest: Mapped[OfAsset]
    descriptor_digest: Mapped[Sha256] = mapped_column(
        primary_key=True, comment="of the weights and of how their features are pooled"
    )
    backbone: Mapped[str]
    vector: Mapped[bytes] = mapped_column(
        comment="a direction, in numbers of 8 bits; empty where there is none"
    )
