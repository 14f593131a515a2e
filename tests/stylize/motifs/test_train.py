import hashlib

import pytest
import torch
from safetensors.torch import load_file
from typer import Typer
from typer.testing import CliRunner

from stylize.motifs import card, network, robust, train


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motifs")
    command = Typer()
    command.command()(train.main)
    options = ["--out", str(folder), "--steps", "2", "--held-out", "1"]
    told = CliRunner().invoke(command, options)
    assert told.exit_code == 0, told.output
    return folder


def _batch():
    pictures = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return pictures, torch.arange(8)


def _steps(count, reach):
    torch.manual_seed(0)
    trainee = robust.trainee().train()
    optimiser = torch.optim.AdamW(trainee.parameters(), lr=1e-3)
    pictures, labels = _batch()
    return [
        robust.step(trainee, optimiser, pictures.clone(), labels, reach=reach)
        for _ in range(count)
    ]


def test_steps_lower_the_loss():
    losses = _steps(8, 1.0)

    assert losses[-1].clean < 0.7 * losses[0].clean
    assert losses[-1].misled < losses[0].misled


def test_pictures_that_are_moved_farther_mislead_more():
    near, far = (_steps(1, reach)[0] for reach in (0.0, 4.0))

    assert near.clean == far.clean
    assert far.misled > near.misled + 0.1


def test_folding_changes_nothing_that_the_network_tells():
    torch.manual_seed(0)
    trainee = robust.trainee()
    pictures, _ = _batch()
    trainee(pictures)
    trainee.eval()

    told, _ = trainee(pictures)

    assert torch.allclose(robust.folded(trainee)(pictures), told, atol=1e-4)


def test_the_same_seed_trains_the_same_network():
    def trained(seed):
        training = train.Training(seed=seed, steps=1)
        return train.train(training, on_step=lambda *_: None).state_dict()

    first, again, other = trained(1), trained(1), trained(2)

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["logits.weight"], other["logits.weight"])


def test_training_writes_weights_that_the_network_takes(written):
    halves = load_file(written / "motifs.safetensors")

    told = halves.pop("directions")
    network.build().load_state_dict(halves)

    assert told.shape == (len(network.CLASSES), 160)
    assert {each.dtype for each in halves.values()} == {torch.float16}


def test_training_writes_a_card_with_the_digest_and_every_class(written):
    text = (written / card.NAME).read_text()

    weights = (written / "motifs.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() in text
    assert all(f"| {name} |" in text for name in network.CLASSES)
    assert "--steps 2" in text


def test_the_shipped_card_is_of_the_shipped_weights():
    text = network.WEIGHTS.with_name(card.NAME).read_text()

    digest = hashlib.sha256(network.WEIGHTS.read_bytes()).hexdigest()
    assert digest in text
    assert f"{network.WEIGHTS.stat().st_size:,} bytes" in text


def test_overall_accuracy_is_the_mean_over_classes():
    assert card.Accuracy((1.0, 0.5, 0.0), each=4).overall == 0.5
