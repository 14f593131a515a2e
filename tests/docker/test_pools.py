"""The deployments for work pools of containers: created for real, but not run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect.utilities.templating import apply_values

from flows import automations
from flows.parameters import DEPLOYMENT, Parameters
from flows.prefect_api import loopback_api

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
KINDS = ("docker", "kubernetes")
SECRETS = ("PASSWORD", "AWS_ACCESS_KEY", "AWS_SECRET", "DATABASE_URL")
OURS: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())


def described(kind: str) -> dict[str, Any]:
    [deployment] = variant(kind)["deployments"]
    return deployment


def variant(kind: str) -> dict[str, Any]:
    return yaml.safe_load((DOCKER / f"prefect.{kind}.yaml").read_text())


def template(kind: str) -> dict[str, Any]:
    return json.loads((DOCKER / f"pool.{kind}.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_it_differs_from_our_deployment_in_nothing_but_the_pool(kind: str):
    [ours] = OURS["deployments"]
    theirs = described(kind)

    same = ("name", "entrypoint", "concurrency_limit")
    assert {name: theirs[name] for name in same} == {name: ours[name] for name in same}
    assert {"flows.automations.apply": {}} in variant(kind)["build"]
    env = ours["work_pool"]["job_variables"]["env"]
    assert env.items() <= theirs["work_pool"]["job_variables"]["env"].items()
    for schedule in theirs["schedules"]:
        assert not schedule["active"]
        assert Parameters.model_validate(schedule["parameters"]).budget_minutes


@pytest.mark.parametrize("kind", KINDS)
def test_code_and_data_are_where_the_image_has_them(kind: str):
    dockerfile = (DOCKER / "Dockerfile").read_text()
    [step] = variant(kind)["pull"]

    assert f"WORKDIR {next(iter(step.values()))['directory']}" in dockerfile
    assert "CRAWL_AND_DREAM_HOME=/data" in dockerfile
    assert "/data" in json.dumps([described(kind), template(kind)])


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_written_down(kind: str):
    text = json.dumps([described(kind), template(kind)])

    assert not any(word in text for word in SECRETS)


@pytest.fixture(scope="module")
def created(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a Prefect API has after the commands of the handbook, by kind."""
    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PREFECT_HOME", str(home))
        environment.setenv("PREFECT_PROFILES_PATH", str(home / "profiles.toml"))
        environment.setenv("DO_NOT_TRACK", "1")
        with loopback_api("run") as api:
            api.wait()
            yield {kind: create(kind, api.url) for kind in KINDS}


def create(kind: str, api_url: str) -> dict[str, Any]:
    for words in told(kind):
        typed = subprocess.run(
            [sys.executable, "-m", *words],
            env=os.environ | {"PREFECT_API_URL": api_url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert typed.returncode == 0, typed.stdout + typed.stderr
    with httpx.Client(base_url=api_url, trust_env=False) as client:
        return {
            "pool": client.get(f"/work_pools/crawl-and-dream-{kind}").json(),
            "deployment": client.get(f"/deployments/name/{DEPLOYMENT}").json(),
            "automations": client.post("/automations/filter").json(),
        }


def told(kind: str) -> list[list[str]]:
    """The commands of the handbook that create the pool and the deployment."""
    text = (ROOT / "docs" / "deploying.md").read_text().replace("\\\n", " ")
    files = (f"docker/pool.{kind}.json", f"docker/prefect.{kind}.yaml")
    lines = [line.split() for line in text.splitlines()]
    found = [
        words for words in lines if words[:1] == ["prefect"] and {*files} & {*words}
    ]
    assert len(found) == len(files)
    return found


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_prefect_api_takes_pool_and_deployment(created: dict[str, Any], kind: str):
    there = created[kind]

    assert there["pool"]["type"] == kind
    assert there["pool"]["base_job_template"] == template(kind)
    deployment = there["deployment"]
    assert deployment["work_pool_name"] == f"crawl-and-dream-{kind}"
    assert deployment["job_variables"] == described(kind)["work_pool"]["job_variables"]
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert [each["name"] for each in there["automations"]] == [automations.NAME]


def job(kind: str) -> dict[str, Any]:
    """What the pool's template makes of the deployment's variables."""
    properties = template(kind)["variables"]["properties"]
    defaults = {n: p["default"] for n, p in properties.items() if "default" in p}
    given = described(kind)["work_pool"]["job_variables"]
    assert given.keys() <= properties.keys()
    made = apply_values(
        template(kind)["job_configuration"], defaults | given | {"command": "run it"}
    )
    assert isinstance(made, dict)
    return made


def test_a_container_has_limits_a_gpu_and_secrets_as_files():
    container = job("docker")

    assert container["image"] == "crawl-and-dream:cuda"
    assert container["mem_limit"] == "16g"
    asked = container["container_create_kwargs"]
    assert asked["device_requests"][0]["capabilities"] == [["gpu"]]
    assert "/run/secrets:ro" in container["volumes"][1]
    assert "SECRETS:-/run/secrets" in (DOCKER / "entrypoint.sh").read_text()


def test_a_job_has_limits_a_gpu_and_secrets_by_reference():
    pod = job("kubernetes")["job_manifest"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert container["resources"] == {
        "requests": {"cpu": "4", "memory": "8Gi"},
        "limits": {"memory": "16Gi", "nvidia.com/gpu": "1"},
    }
    assert container["envFrom"] == [{"secretRef": {"name": "crawl-and-dream"}}]
    assert pod["securityContext"]["runAsNonRoot"]
    [claim] = yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text())
    [volume] = pod["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["metadata"]["namespace"] == job("kubernetes")["namespace"]
