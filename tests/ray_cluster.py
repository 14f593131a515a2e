"""A Ray cluster of nodes with one processor each, all on this machine.

`python -m ray_cluster NODES` prints the cluster's address; at a line on its standard
input the last node that it started dies with everything that runs on it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pictures import encoded, paint
from processes import kill_all

HERE = Path(__file__).parent
RECIPE = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 100
"""


@dataclass(frozen=True)
class RayCluster:
    """Where it listens, and the process that keeps it."""

    address: str
    keeper: "subprocess.Popen[str]"

    def kill_node(self) -> None:
        """The newest node is gone after this, as if its plug had been pulled."""
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        self.keeper.stdin.write("kill\n")
        self.keeper.stdin.flush()
        assert self.keeper.stdout.readline() == "killed\n"


def words(folder: Path, about: str, seeds: range) -> list[str]:
    """A run that makes an output of each of these pictures."""
    photos = folder / about
    photos.mkdir()
    for seed in seeds:
        picture = encoded(paint(seed, (192, 144)))
        (photos / f"{about}-{seed}.jpg").write_bytes(picture)
    recipe = folder / "slow.toml"
    recipe.write_text(RECIPE)
    said = ["-k", about, "-s", f"folder:{photos}", "-r", str(recipe)]
    return ["run", *said, "-n", str(len(seeds)), "--runner", "ray", "--json"]


def on(cluster: RayCluster, **more: str) -> dict[str, str]:
    return {"CRAWL_AND_DREAM_RAY_ADDRESS": cluster.address, **more}


@contextmanager
def ray_cluster(nodes: int, environment: dict[str, str]) -> Iterator[RayCluster]:
    """A cluster whose nodes have this environment, until the block ends."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "ray_cluster", str(nodes)],
        env=os.environ
        | environment
        | {"PYTHONPATH": str(HERE), "RAY_USAGE_STATS_ENABLED": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert keeper.stdout is not None
        address = keeper.stdout.readline().strip()
        assert address, "the cluster did not start"
        yield RayCluster(address, keeper)
    finally:
        kill_all(keeper)
        keeper.communicate()


def main() -> None:
    from ray.cluster_utils import Cluster

    cluster, count = Cluster(), int(sys.argv[1])
    nodes = [cluster.add_node(num_cpus=1)]
    # A driver dies with the node at its own address, which only the first one has.
    for number in range(2, count + 1):
        apart = f"127.0.0.{number}"
        nodes.append(cluster.add_node(num_cpus=1, node_ip_address=apart))
    cluster.wait_for_nodes()
    _say(cluster.address)
    for _ in sys.stdin:
        cluster.remove_node(nodes.pop(), allow_graceful=False)
        _say("killed")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
