"""Stub."""

from typing import Any

from sqlalchemy.orm import Session

from gallery.links import Links


def facts(session: Session, links: Links, output_id: int) -> dict[str, Any]:
    return {}
