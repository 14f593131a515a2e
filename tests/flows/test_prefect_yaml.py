from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from flows import automations
from flows.main import crawl_and_dream
from flows.parameters import DEPLOYMENT, Parameters
from flows.prefect_api import HEARTBEAT_S

HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def deployment():
    (only,) = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    return only


def test_it_is_the_deployment_that_the_plugin_runs(deployment):
    assert deployment["entrypoint"] == "flows/main.py:crawl_and_dream"
    assert f"{crawl_and_dream.name}/{deployment['name']}" == DEPLOYMENT


def test_what_the_night_asks_for_can_be_asked_for(deployment):
    asked = [
        Parameters.model_validate(s["parameters"]) for s in deployment["schedules"]
    ]

    assert [each.keywords for each in asked] == [
        "sunset beach",
        "mountain lake, forest",
    ]
    assert all(each.budget_minutes and each.budget_bytes for each in asked)


def test_nights_have_slugs_of_their_own_and_are_off_until_they_are_wanted(deployment):
    schedules = deployment["schedules"]

    assert len({each["slug"] for each in schedules}) == len(schedules) > 1
    assert not any(each["active"] for each in schedules)
    assert all(ZoneInfo(each["timezone"]) for each in schedules)


def test_what_dies_is_noticed(deployment):
    beat_s = int(deployment["work_pool"]["job_variables"]["env"][HEARTBEAT])

    assert beat_s == HEARTBEAT_S
    assert 2 * beat_s < automations.SILENCE_S


def test_nothing_is_told_to_prefects_makers(deployment):
    assert deployment["work_pool"]["job_variables"]["env"]["DO_NOT_TRACK"] == "1"


def test_one_run_waits_for_the_other(deployment):
    assert deployment["concurrency_limit"] == {
        "limit": 1,
        "collision_strategy": "ENQUEUE",
    }
