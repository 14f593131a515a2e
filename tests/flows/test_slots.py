"""Where batches can be made is told before anything is begun."""

import socket
from pathlib import Path

import pytest

from flows import slots
from flows.errors import UsageError
from pipeline.settings import load
from stylize.errors import DeviceError

POSTGRES = "postgresql+psycopg://nobody@nowhere/nothing"


def test_a_device_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(DeviceError, match="cuda:99"):
        slots.check(load(home=tmp_path, device="cpu,cuda:99"))


def test_the_plain_commands_know_nothing_of_ray(tmp_path: Path):
    with pytest.raises(UsageError, match="unset CRAWL_AND_DREAM_RUNNER"):
        slots.check_local(load(home=tmp_path, runner="ray"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere", "127.0.0.1:x", ":"]
)
def test_a_ray_that_does_not_answer_is_one_line(address: str, tmp_path: Path):
    settings = load(
        home=tmp_path, runner="ray", ray_address=address, database_url=POSTGRES
    )

    with pytest.raises(UsageError, match="Ray does not answer at") as failure:
        slots.check(settings)
    assert "\n" not in str(failure.value)


def test_nodes_cannot_share_an_sqlite_file(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as answering:
        address = f"127.0.0.1:{answering.getsockname()[1]}"
        settings = load(home=tmp_path, runner="ray", ray_address=address)

        with pytest.raises(UsageError, match="cannot share an SQLite file"):
            slots.check(settings)


def test_one_ray_on_this_machine_needs_nothing(tmp_path: Path):
    slots.check(load(home=tmp_path, runner="ray"))
