"""The key that outputs are signed with: kept from others, and looked at before use."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import signing_key
from pipeline.errors import CredentialsError
from pipeline.signing_key import SIGNING, TRUSTED

NOW = datetime(2026, 5, 17, tzinfo=UTC)


def test_a_key_is_read_as_it_was_made(tmp_path: Path):
    made = signing_key.create(tmp_path / "new", "Ada", now=NOW)

    assert signing_key.load(tmp_path / "new", now=NOW) == made
    assert signing_key.name_of(made.leaf) == "Ada"
    made.leaf.verify_directly_issued_by(made.ca)


def test_nobody_else_can_read_it(tmp_path: Path):
    signing_key.create(tmp_path / "new", "Ada", now=NOW)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"new": 0o700, SIGNING: 0o600, TRUSTED: 0o600}


def test_without_a_key_there_is_none_and_nobody_is_trusted(tmp_path: Path):
    assert signing_key.load(tmp_path, now=NOW) is None
    assert signing_key.trusted(tmp_path) == ""


def test_a_key_in_the_place_of_another_leaves_that_one_trusted(tmp_path: Path):
    first, second = (signing_key.create(tmp_path, "Ada", now=NOW) for _ in range(2))

    trusted = signing_key.trusted(tmp_path)

    assert signing_key.load(tmp_path, now=NOW) == second
    for key in (first, second):
        assert key.certificates.decode().endswith(trusted[-10:])
        assert signing_key.fingerprint(key.ca) != signing_key.fingerprint(key.leaf)
    assert trusted.count("BEGIN CERTIFICATE") == 2


def broken(content: bytes) -> dict[str, tuple[bytes, str]]:
    key, _, rest = content.partition(b"-----BEGIN CERTIFICATE")
    _, leaf, ca = content.split(b"-----BEGIN CERTIFICATE")
    begin = b"-----BEGIN CERTIFICATE"
    return {
        "empty": (b"", "cannot be used"),
        "torn": (content[: len(content) // 2], "cannot be used"),
        "no key": (begin + rest, "cannot be used"),
        "no CA": (key + begin + leaf, "leaf and CA are needed"),
        "no leaf": (key + begin + ca + begin + ca, "of another key"),
        "wrong CA": (key + (begin + leaf) * 2, "cannot be used"),
    }


@pytest.mark.parametrize("how", sorted(broken(b"-----BEGIN CERTIFICATE" * 2)))
def test_a_broken_key_is_said_in_one_line(tmp_path: Path, how: str):
    signing_key.create(tmp_path, "Ada", now=NOW)
    path = tmp_path / SIGNING
    content, reason = broken(path.read_bytes())[how]
    path.write_bytes(content)

    with pytest.raises(CredentialsError, match=reason) as raised:
        signing_key.load(tmp_path, now=NOW)

    assert str(path) in str(raised.value)
    assert "credentials init --replace" in str(raised.value)


def test_a_key_of_somebody_else_does_not_fit_a_certificate(tmp_path: Path):
    one, other = (signing_key.create(tmp_path, "Ada", now=NOW) for _ in range(2))
    (tmp_path / SIGNING).write_bytes(one.private_key + other.certificates)

    with pytest.raises(CredentialsError, match="certificate is of another key"):
        signing_key.load(tmp_path, now=NOW)


@pytest.mark.parametrize("days", [-2, 365 * 20 + 1])
def test_a_certificate_out_of_its_time_signs_nothing(tmp_path: Path, days: int):
    signing_key.create(tmp_path, "Ada", now=NOW)

    with pytest.raises(CredentialsError, match="holds from 2026-05-16 to 2046-05-12"):
        signing_key.load(tmp_path, now=NOW + timedelta(days=days))


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path):
    (tmp_path / SIGNING).mkdir()
    (tmp_path / TRUSTED).write_text("no certificate")
    (tmp_path / "file").touch()

    with pytest.raises(CredentialsError, match=r"signing\.pem cannot be read"):
        signing_key.load(tmp_path, now=NOW)
    with pytest.raises(CredentialsError, match="has no certificates"):
        signing_key.trusted(tmp_path)
    with pytest.raises(CredentialsError, match="cannot be written"):
        signing_key.create(tmp_path / "file", "Ada", now=NOW)


@pytest.mark.parametrize("name", ["", "n" * 65])
def test_a_name_that_no_certificate_can_have_is_said(tmp_path: Path, name: str):
    with pytest.raises(CredentialsError, match="cannot be for"):
        signing_key.create(tmp_path, name, now=NOW)
