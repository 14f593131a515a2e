"""The database's clock agrees with stored times on both databases."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import seconds_from_now
from db.models import Job


def test_seconds_from_now_are_seconds_apart(session: Session):
    now, later = session.execute(select(seconds_from_now(), seconds_from_now(90))).one()

    assert abs(later - now - timedelta(seconds=90)) < timedelta(seconds=1)
    assert now.tzinfo is not None


def test_a_stored_expiry_compares_with_the_clock(session: Session, make):
    job = make.job(
        state="leased", lease_token="t", lease_expires_at=seconds_from_now(5)
    )

    early = select(Job.id).where(Job.lease_expires_at <= seconds_from_now(4))
    late = select(Job.id).where(Job.lease_expires_at <= seconds_from_now(6))
    assert session.scalars(early).all() == []
    assert session.scalars(late).all() == [job.id]
