"""`credentials init` and `credentials show` at the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from pipeline import signing, signing_key


def typed(home: Path, monkeypatch: pytest.MonkeyPatch, *words: str):
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(home))
    return CliRunner().invoke(app, ["credentials", *words])


def test_a_key_is_made_once_and_replaced_only_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = typed(tmp_path, monkeypatch, "init", "--name", "Ada")
    content = (tmp_path / "credentials" / signing_key.SIGNING).read_bytes()
    again = typed(tmp_path, monkeypatch, "init")
    kept = (tmp_path / "credentials" / signing_key.SIGNING).read_bytes()
    other = typed(tmp_path, monkeypatch, "init", "--replace")
    shown = typed(tmp_path, monkeypatch, "show", "--json")

    assert first.exit_code == 0
    assert "name: Ada" in first.stdout
    assert "--replace makes another one" in str(again.exception)
    assert kept == content
    assert "the key of before is gone" in other.stderr
    assert json.loads(shown.stdout)["trusted_certificates"] == 2


def test_without_a_key_it_is_said_that_nothing_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "signs: False" in typed(tmp_path, monkeypatch, "show").stdout


def test_without_the_extra_no_key_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(signing, "find_spec", lambda _name: None)

    refused = typed(tmp_path, monkeypatch, "init")

    assert "pip install 'crawl-and-dream[c2pa]'" in str(refused.exception)
    assert not (tmp_path / "credentials").exists()


def credentials_by_doctor() -> dict[str, object]:
    report = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    return next(one for one in report["findings"] if one["what"] == "credentials")


def test_doctor_says_whether_outputs_are_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    without = credentials_by_doctor()
    typed(tmp_path, monkeypatch, "init", "--name", "Ada")
    signed = credentials_by_doctor()
    (tmp_path / "credentials" / signing_key.SIGNING).write_text("torn")
    broken = credentials_by_doctor()

    assert (without["well"], without["told"]) == (True, "outputs are not signed")
    assert (signed["well"], signed["told"]) == (True, "outputs are signed by Ada")
    assert not broken["well"]
    assert "signing.pem cannot be used" in broken["told"]
