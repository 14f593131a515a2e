"""The containers' files are linted and agree with the project; nothing is built."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"].startswith("crawl-and-dream")
}


def run(*command: str | Path, **how: Any) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, **how)


def tool(name: str) -> Path:
    """A program that was installed with the tests."""
    return Path(sys.executable).with_name(name)


def test_the_dockerfile_has_no_known_faults():
    linted = run(tool("hadolint"), "--no-color", DOCKER / "Dockerfile")

    assert (linted.returncode, linted.stdout) == (0, "")


def test_a_fault_in_a_dockerfile_would_be_found(tmp_path: Path):
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN apt-get update && apt-get install curl\n")

    assert run(tool("hadolint"), bad).returncode != 0


def test_compose_has_its_schema():
    checked = run(
        tool("check-jsonschema"),
        *("--builtin-schema", "vendor.compose-spec"),
        DOCKER / "compose.yaml",
    )

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("script", ["entrypoint.sh", "secrets.sh"])
def test_scripts_can_be_run(script: str):
    assert os.access(DOCKER / script, os.X_OK)
    assert run("sh", "-n", DOCKER / script).returncode == 0


def test_the_image_has_a_target_for_each_kind_and_runs_as_nobody_special():
    text = (DOCKER / "Dockerfile").read_text()

    assert set(re.findall(r"^FROM .* AS (\w+)$", text, re.MULTILINE)) == {
        *("build", "cpu", "cuda")
    }
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", text, re.MULTILINE)
    assert "PREFECT_PLUGINS_ENABLED=true" in text


def test_what_is_copied_is_there_and_is_let_through():
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    copied = [one.split()[1:-1] for one in lines if re.match(r"COPY (?!--from)", one)]
    sources = [word for words in copied for word in words if not word.startswith("--")]
    allowed = (ROOT / ".dockerignore").read_text().split("\n")

    assert len(sources) > 10
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert [s for s in sources if f"!{s.split('/')[0]}" not in allowed] == []
    assert "docker/secrets" in allowed


def test_what_is_installed_is_what_the_project_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    printed = run(
        sys.executable, DOCKER / "requirements.py", *("postgres", "s3"), cwd=ROOT
    )

    assert printed.stdout.splitlines() == [
        *(project["dependencies"] + extras["postgres"] + extras["s3"])
    ]


def test_services_are_named_settings_only():
    named = {
        name.removeprefix(PREFIX).lower()
        for service in OURS.values()
        for name in service.get("environment", {})
        if name.startswith(PREFIX)
    }

    assert named
    assert named <= set(Settings.model_fields)


def test_nothing_listens_outside_the_machine():
    ports = [p for s in COMPOSE["services"].values() for p in s.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_services_that_were_asked_for_are_there():
    assert set(COMPOSE["services"]) >= {
        *("postgres", "objects", "prefect-server", "worker", "gallery")
    }


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What the script writes, beside a copy of it."""
    script = shutil.copy(DOCKER / "secrets.sh", tmp_path)
    assert run(script).returncode == 0
    return tmp_path / "secrets"


def test_every_secret_is_written_once_and_for_its_user_alone(secrets: Path):
    wanted = {Path(one["file"]).name for one in COMPOSE["secrets"].values()}
    before = {path.name: path.read_text() for path in secrets.iterdir()}

    again = run(secrets.parent / "secrets.sh")

    assert set(before) == wanted
    assert secrets.stat().st_mode & 0o077 == 0
    assert again.returncode != 0
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    password = before["POSTGRES_PASSWORD"]
    assert len(password) == 48
    assert f"art:{password}@postgres/art" in before["CRAWL_AND_DREAM_DATABASE_URL"]
    assert len({*before.values()}) == len(before)


def test_secrets_become_variables(secrets: Path):
    shown = run(
        *(DOCKER / "entrypoint.sh", "sh", "-c", 'printf %s "$AWS_ACCESS_KEY_ID"'),
        env=os.environ | {"SECRETS": str(secrets)},
    )

    assert shown.stdout == (secrets / "AWS_ACCESS_KEY_ID").read_text()


def test_no_secrets_are_no_failure(tmp_path: Path):
    shown = run(
        *(DOCKER / "entrypoint.sh", "echo", "well"),
        env=os.environ | {"SECRETS": str(tmp_path / "none")},
    )

    assert (shown.returncode, shown.stdout) == (0, "well\n")
