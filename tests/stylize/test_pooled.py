"""Pooled features are those of the picture, not of its light or its side."""

from pathlib import Path

import numpy as np
import pytest
import torch
from random_weights import random_weights

from flows.demo_scenes import paint
from stylize import pooled, weights
from stylize.errors import WeightsError
from stylize.pooled import NETWORKS, Pooled
from stylize.tensors import from_arrays

MOTIFS = NETWORKS[-1]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pooler() -> Pooled:
    return Pooled(*pooled.choose(Path()), CPU)


def scene(kind: str = "city", seed: int = 1) -> torch.Tensor:
    return from_arrays(paint(kind, seed, (MOTIFS.side_px, MOTIFS.side_px))[None])


def cosine(pooler: Pooled, one: torch.Tensor, other: torch.Tensor) -> float:
    a, b = pooler.vectors(torch.cat([one, other])).astype(float)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_mirror_image_has_the_same_vector(pooler: Pooled):
    picture = scene()

    one, mirrored = pooler.vectors(torch.cat([picture, picture.flip(3)]))

    assert np.abs(one.astype(int) - mirrored).max() <= 1
    assert one.any()


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: picture * 0.7,
        lambda picture: picture * 0.5 + 0.4,
        lambda picture: picture.mean(1, keepdim=True).expand_as(picture),
    ],
    ids=["darker", "paler", "grey"],
)
def test_light_and_colour_do_not_matter(pooler: Pooled, changed):
    assert cosine(pooler, scene(), changed(scene())) > MOTIFS.near


def test_a_border_does_not_matter(pooler: Pooled):
    framed = scene()
    for side in (framed, framed.transpose(2, 3)):
        side[:, :, :6] = 0
        side[:, :, -6:] = 0

    assert cosine(pooler, scene(), framed) > MOTIFS.near


def test_another_kind_of_picture_is_far(pooler: Pooled):
    assert cosine(pooler, scene("city"), scene("forest")) < MOTIFS.near


def test_a_picture_of_one_colour_is_a_vector_too(pooler: Pooled):
    assert np.isfinite(pooler.vectors(torch.full((1, 3, 144, 144), 0.5))).all()


def test_the_first_network_with_weights_is_taken(tmp_path: Path):
    assert pooled.choose(tmp_path)[0].backbone == "motifs"

    random_weights(tmp_path, "squeezenet1_1", ["fire9"])
    network, found = pooled.choose(tmp_path)

    assert network.backbone == "squeezenet1_1"
    assert found.path == tmp_path / "squeezenet1_1.pth"
    assert Pooled(network, found, CPU).vectors(torch.rand(2, 3, 224, 224)).shape == (
        2,
        pooled.LENGTH,
    )


def test_damaged_weights_are_not_passed_over(tmp_path: Path):
    (tmp_path / "squeezenet1_1-0123abcd.pth").write_bytes(b"damaged")

    with pytest.raises(WeightsError, match="damaged"):
        pooled.choose(tmp_path)


def test_vectors_of_other_weights_have_another_digest(tmp_path: Path):
    random_weights(tmp_path, "squeezenet1_1", ["fire9"])
    one, other = pooled.choose(tmp_path), pooled.choose(Path())

    assert len({Pooled(*each, CPU).digest for each in (one, other, other)}) == 2


def test_the_generalised_mean_lies_between_mean_and_maximum():
    features = torch.tensor([[[[1.0, 3.0]], [[2.0, 2.0]]]])

    (one, other), *_ = pooled.generalised_mean(features)

    assert float(one / other) == pytest.approx(14 ** (1 / 3) / 2)


def test_the_embedded_network_is_the_last_resort():
    assert weights.locate(MOTIFS.backbone, Path()) is not None
