from pathlib import Path

import pytest
import yaml

from flows.main import crawl_and_dream
from flows.parameters import DEPLOYMENT, Parameters

ROOT = Path(__file__).parents[2]


@pytest.fixture
def deployment():
    (only,) = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    return only


def test_it_is_the_deployment_that_the_plugin_runs(deployment):
    assert deployment["entrypoint"] == "flows/main.py:crawl_and_dream"
    assert f"{crawl_and_dream.name}/{deployment['name']}" == DEPLOYMENT


def test_what_the_night_asks_for_can_be_asked_for(deployment):
    (nightly,) = deployment["schedules"]

    assert Parameters.model_validate(nightly["parameters"]).keywords == "sunset beach"


def test_one_run_waits_for_the_other(deployment):
    assert deployment["concurrency_limit"] == {
        "limit": 1,
        "collision_strategy": "ENQUEUE",
    }
