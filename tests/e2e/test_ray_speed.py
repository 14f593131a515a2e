"""What a second node of a Ray cluster brings; nothing else may run beside it."""

import json

import pytest
from ray_cluster import on, ray_cluster, words
from sqlalchemy import select
from terminal import Home

from db.engine import open_engine, reading
from db.models import Output

pytestmark = [
    pytest.mark.soak,
    pytest.mark.parametrize("database_kind", ["postgresql"], scope="module"),
]


def test_two_nodes_make_two_hundred_pictures_much_sooner_than_one(
    home: Home,
):
    seconds = []
    for nodes, about in enumerate(("dunes", "forest"), start=1):
        asked = words(home.folder, about, range(1000 * nodes, 1000 * nodes + 200))
        with ray_cluster(nodes, {}) as cluster:
            typed = home.type(*asked, **on(cluster))
        assert typed.status == 0, typed.err
        summary = json.loads(typed.out)
        assert summary["new_outputs"] == 200
        seconds.append(summary["seconds"]["process"])

    engine = open_engine(home.database)
    with reading(engine) as session:
        workers = session.scalars(select(Output.worker).distinct()).all()
    assert len(workers) == 1 + 2
    engine.dispose()
    assert seconds[0] / seconds[1] >= 1.5, seconds
