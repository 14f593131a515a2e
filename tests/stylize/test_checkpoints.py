import pickle

import pytest
import torch
from torch import nn

from stylize.checkpoints import Checkpoint
from stylize.errors import WeightsError


@pytest.fixture
def save(tmp_path):
    """Write something as a file of weights."""

    def save(content, **how):
        torch.save(content, tmp_path / "net.pth", **how)
        return tmp_path / "net.pth"

    return save


@pytest.fixture
def network():
    """A network without numbers, whose parameters are `weight` and `bias`."""
    return nn.Linear(3, 2, device="meta")


def numbers(**changed):
    return {"weight": torch.arange(6.0).view(2, 3), "bias": torch.ones(2)} | changed


def fill(path, network, prefix=""):
    Checkpoint.open(path).fill(network, "vgg19", prefix=prefix)


def test_a_network_is_filled_with_the_numbers_of_a_file(save, network):
    fill(save(numbers()), network)

    assert network.weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert network.bias.tolist() == [1, 1]


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_old_can_be_read_too(save, network, zipped):
    fill(save(numbers(), _use_new_zipfile_serialization=zipped), network)

    assert network.bias.tolist() == [1, 1]


def test_half_precision_becomes_float32(save, network):
    fill(save({name: each.half() for name, each in numbers().items()}), network)

    assert network.weight.dtype == torch.float32


@pytest.mark.parametrize("prefix", ["", "features.0."])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("parallel", ["", "module."])
def test_wrappers_around_the_numbers_are_taken_off(
    save, network, prefix, wrapped, parallel
):
    named = {parallel + prefix + name: each for name, each in numbers().items()}
    fill(save({"state_dict": named} if wrapped else named), network, prefix)

    assert network.bias.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "denseblock1.denselayer2.norm.1.weight",
            "denseblock1.denselayer2.norm1.weight",
        ),
        ("denselayer2.conv.2.weight", "denselayer2.conv2.weight"),
        ("encoder_layer_0.mlp.linear_1.weight", "encoder_layer_0.mlp.0.weight"),
        ("encoder_layer_0.mlp.linear_2.bias", "encoder_layer_0.mlp.3.bias"),
    ],
)
def test_names_of_earlier_versions_are_those_of_today(save, old, new):
    assert list(Checkpoint.open(save({old: torch.ones(1)})).tensors) == [new]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"weight": torch.ones(2, 3)}, "bias is missing"),
        (numbers(bias="ones"), "bias is missing"),
        (numbers(bias=torch.ones(5)), r"bias has shape \(5,\), expected \(2,\)"),
        (numbers(bias=torch.tensor([1, 2])), "bias is of type torch.int64"),
        (numbers(bias=torch.tensor([1, torch.nan])), "bias has values that are not"),
        (numbers(bias=torch.tensor([1, -torch.inf])), "bias has values that are not"),
    ],
)
def test_numbers_of_another_network_are_refused(save, network, content, fault):
    complaint = rf"^weights .*net.pth are not those of vgg19: {fault}.* fetch vgg19`$"
    with pytest.raises(WeightsError, match=complaint):
        fill(save(content), network)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"<!doctype html><title>404</title>",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[100:],
    ],
    ids=["empty", "a web page", "first half", "without its start"],
)
def test_a_file_that_is_no_checkpoint_is_refused_in_one_line(save, damage):
    path = save(numbers())
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(
        WeightsError, match=r"not a checkpoint that torch can read"
    ) as e:
        Checkpoint.open(path)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("content", [3, [torch.ones(2)], {1: torch.ones(2)}, None])
def test_a_file_of_something_else_is_refused(save, content):
    with pytest.raises(WeightsError, match="not a checkpoint"):
        Checkpoint.open(save(content))


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a checkpoint ran something",))


def test_nothing_in_a_checkpoint_is_run(tmp_path):
    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"weight": Trap()}))

    with pytest.raises(WeightsError, match="not a checkpoint"):
        Checkpoint.open(tmp_path / "trap.pth")


def test_filled_numbers_stay_when_the_file_goes(save, network):
    path = save(numbers())
    fill(path, network)

    path.write_bytes(b"")

    assert network.weight.sum() == 15
