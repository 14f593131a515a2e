import hashlib
import json
import sys

import pytest
from random_weights import random_weights
from website import Answer, Website, serving

from flows import cli
from stylize import weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the person's weights lie; torch hub has none."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


@pytest.fixture
def command(monkeypatch, capsys, folder):
    """Type a command that ends well; what it printed."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["crawl-and-dream", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        assert not ended.value.code, printed.err or printed.out
        return printed.out

    return command


@pytest.fixture
def failing(monkeypatch, capsys, folder):
    """Type a command that ends with status 1; all that it printed."""

    def failing(*words):
        monkeypatch.setattr(sys, "argv", ["crawl-and-dream", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 1
        return "".join(capsys.readouterr())

    return failing


@pytest.fixture
def squeezenet(folder):
    return random_weights(folder, "squeezenet1_1", ["fire9"])


@pytest.fixture
def site():
    with serving(Website()) as site:
        yield site


def row_of(table, name):
    """The cells of the row that starts with this name."""
    [line] = [line for line in table.splitlines() if f"│ {name} " in line]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_layers_tells_of_each_layer_at_a_size(command):
    table = command("layers", "vgg19", "--size", "256")

    kind, shape, field, stride, parameters, megabytes = row_of(table, "conv4_2")[1:]
    assert (kind, shape) == ("Conv2d", "512x32x32")
    assert (field, stride) == ("84", "8")
    assert (parameters, megabytes) == ("2359808", "2.1")


def test_layers_says_all_of_what_sees_the_whole_picture(command):
    assert row_of(command("layers", "alexnet"), "avgpool")[3:5] == ["all", "all"]


def test_layers_as_json_has_a_row_per_layer(command):
    rows = json.loads(command("layers", "squeezenet1_1", "--json"))

    assert rows[2]["layer"] == "pool1"
    assert rows[2]["output"] == [64, 127, 127]
    assert rows[2]["field_px"] == 7


def test_layers_shows_the_parameters_of_one_layer(command):
    table = command("layers", "vgg19", "--layer", "conv1_1")

    assert row_of(table, "weight") == ["weight", "64x3x3x3"]
    assert row_of(table, "bias") == ["bias", "64"]


def test_layers_shows_parameters_as_json(command):
    said = command("layers", "vgg19", "--layer", "conv1_1", "--json")

    assert json.loads(said) == {"weight": [64, 3, 3, 3], "bias": [64]}


def test_layers_says_when_a_layer_has_no_parameters(command):
    said = command("layers", "vgg19", "--layer", "pool1")

    assert said == "pool1 has no parameters\n"


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("vgg91",), "did you mean vgg19"),
        (("vgg19", "--layer", "relu42"), "did you mean relu4_2"),
        (("inception_v3", "--size", "32"), "cannot take pictures of 32x32 px"),
    ],
)
def test_layers_answers_what_is_not_there_in_one_line(failing, words, nearest):
    said = failing("layers", *words)

    assert said.startswith("error: ")
    assert nearest in said
    assert said.count("\n") == 1


def test_doctor_says_where_weights_are(monkeypatch, capsys, squeezenet):
    monkeypatch.setattr(sys, "argv", ["crawl-and-dream", "doctor", "--json"])
    with pytest.raises(SystemExit):
        cli.main()

    findings = json.loads(capsys.readouterr().out)["findings"]
    [found] = [each for each in findings if each["what"] == "weights"]
    assert found["told"].startswith(str(squeezenet.path))
    assert "gets vgg19, vgg16, " in found["told"]


def test_weights_list_says_where_weights_are_or_come_from(command, squeezenet):
    rows = json.loads(command("weights", "list", "--json"))

    by_name = {row["backbone"]: row for row in rows}
    there, missing = by_name["squeezenet1_1"], by_name["vgg19"]
    assert (there["there"], there["file"]) == (True, str(squeezenet.path))
    assert (missing["there"], missing["file"]) == (False, "vgg19-dcbb9e9d.pth")
    assert missing["sha256"] == "dcbb9e9d"
    assert missing["url"].endswith("/vgg19-dcbb9e9d.pth")
    assert missing["mb"] == 574.7


def test_weights_list_has_other_backbones_when_they_are_there(command, folder):
    (folder / "resnet18-mine.pth").write_bytes(b"weights")

    table = command("weights", "list")
    assert row_of(table, "resnet18")[1] == "yes"
    assert row_of(table, "vgg16")[1] == "no"
    assert "alexnet" not in table


def test_weights_fetch_downloads_what_is_missing(command, folder, site, monkeypatch):
    digest = hashlib.sha256(b"weights").hexdigest()
    name = f"vgg16-{digest[:8]}.pth"
    site.answers[f"/{name}"] = Answer(b"weights")
    monkeypatch.setattr(weights, "url_of", lambda _backbone: site.url + name)

    said = command("weights", "fetch", "vgg16")
    assert said == f"vgg16: {folder / name}\n"
    assert (folder / name).read_bytes() == b"weights"


def test_weights_fetch_leaves_alone_what_is_there(command, squeezenet):
    said = command("weights", "fetch", "squeezenet1_1")

    assert said == f"squeezenet1_1: {squeezenet.path}\n"


def test_weights_fetch_replaces_what_is_damaged(command, folder, site, monkeypatch):
    digest = hashlib.sha256(b"weights").hexdigest()
    name = f"vgg16-{digest[:8]}.pth"
    site.answers[f"/{name}"] = Answer(b"weights")
    monkeypatch.setattr(weights, "url_of", lambda _backbone: site.url + name)
    (folder / name).write_bytes(b"half of the wei")

    command("weights", "fetch", "vgg16")
    assert (folder / name).read_bytes() == b"weights"


def test_weights_fetch_of_what_needs_none_is_said(failing):
    assert "pyramid is embedded" in failing("weights", "fetch", "pyramid")


def test_weights_verify_loads_what_is_there_and_prints_its_digest(command, squeezenet):
    table = command("weights", "verify")

    assert row_of(table, squeezenet.path)[1:] == [
        squeezenet.digest,
        "loads as squeezenet1_1, features only",
    ]


def test_weights_verify_knows_the_packaged_ones(command):
    from stylize.motifs import network

    row = row_of(command("weights", "verify", "motifs"), network.WEIGHTS)

    assert row[2] == "loads as motifs"


def test_weights_verify_ends_badly_when_one_is_damaged(failing, squeezenet, folder):
    (folder / "vgg19-dcbb9e9d.pth").write_bytes(b"half")

    said = failing("weights", "verify", "squeezenet1_1", "vgg19")
    assert "loads as squeezenet1_1" in said
    assert "damaged or others than their name says" in said


def test_weights_verify_ends_badly_when_one_is_not_there(failing, squeezenet):
    assert "no weights for vgg16: put" in failing("weights", "verify", "vgg16")


def test_weights_verify_looks_into_any_file(failing, tmp_path, squeezenet):
    other = squeezenet.path.rename(tmp_path / "vgg16-in-truth-another.pth")

    said = failing("weights", "verify", str(other))
    assert "are not those of vgg16: features.2.weight is missing" in said
