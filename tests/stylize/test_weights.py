import hashlib
import os
from functools import partial

import pytest
from website import Answer, Website, serving

from stylize import weights
from stylize.errors import LayerError, WeightsError
from stylize.recipe_models import PatchTransferRecipe
from stylize.weights import Weights

CONTENT = b"a network" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PUBLISHED = "vgg19-dcbb9e9d.pth"


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch):
    """Torch hub's cache, empty and of the test's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    return cache


@pytest.fixture
def folder(tmp_path):
    """Where weights lie; it is made when it is needed."""
    return tmp_path / "weights"


@pytest.fixture
def site():
    with serving(Website()) as site:
        yield site


def put(folder, name, content=CONTENT):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def flow(**settings):
    return PatchTransferRecipe(name="flow", algorithm="patch-transfer", **settings)


def test_the_pyramids_weights_are_its_specification_and_seed(folder):
    one, same, other = (weights.of(flow(seed=n), folder=folder) for n in (1, 1, 2))

    assert one == same == weights.embedded(1)
    assert one != other
    assert (len(one.digest), one.path) == (64, None)


def test_an_explicit_file_comes_first(folder, tmp_path):
    put(folder, "vgg19.pth", b"other")
    mine = put(tmp_path / "mine", "trained.pth")

    found = weights.find("vgg19", folder=folder, file=mine)
    assert found == Weights(DIGEST, mine)


def test_the_folder_comes_before_torch_hubs_cache(folder, hub):
    put(hub, "vgg19-elsewhere.pth", b"other")
    mine = put(folder, "vgg19-mine.pth")

    assert weights.find("vgg19", folder=folder) == Weights(DIGEST, mine)


def test_torch_hubs_cache_comes_before_the_download(folder, hub):
    cached = put(hub, "vgg19-elsewhere.pth")

    assert weights.find("vgg19", folder=folder) == Weights(DIGEST, cached)


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        ("vgg19", PUBLISHED),
        ("vgg19", "vgg19.pth"),
        ("vgg19", "vgg19-my-own.pth"),
        ("inception_v3", "inception_v3_google-0cc3c7bd.pth"),
        ("squeezenet1_1", "squeezenet1_1-imagenet-features.pth"),
    ],
)
def test_a_file_is_known_by_its_name(folder, backbone, name):
    path = put(folder, name)

    assert weights.locate(backbone, folder) == path
    assert weights.backbone_of(path) == backbone


@pytest.mark.parametrize(
    "name", ["vgg19_bn-c79401a0.pth", "vgg1.pth", "vgg19.pth.part"]
)
def test_other_names_are_not_taken_for_it(folder, name):
    path = put(folder, name)

    assert weights.locate("vgg19", folder) is None
    assert weights.backbone_of(path) != "vgg19"


def test_torchvisions_own_file_is_taken_before_others(folder):
    put(folder, "vgg19-another.pth")
    published = put(folder, PUBLISHED)

    assert weights.locate("vgg19", folder) == published


def test_a_file_with_another_digest_than_its_name_is_refused(folder):
    put(folder, PUBLISHED)

    complaint = rf"{PUBLISHED} are damaged .* starts with {DIGEST[:8]}; delete"
    with pytest.raises(WeightsError, match=complaint):
        weights.find("vgg19", folder=folder)


def test_a_file_that_is_not_there_is_said(folder):
    with pytest.raises(WeightsError, match=r"mine.pth cannot be read: No such file"):
        weights.find("vgg19", folder=folder, file=folder / "mine.pth")


def test_a_file_that_changed_is_read_again(folder):
    before = weights.checked(put(folder, "vgg19.pth", b"before"))
    path = put(folder, "vgg19.pth", b"after!")
    os.utime(path, ns=(1, 1))

    assert weights.checked(path).digest != before.digest


def test_without_weights_the_ways_to_get_them_are_said(folder):
    with pytest.raises(WeightsError) as error:
        weights.find("vgg19", folder=folder, fetch=False)

    said = str(error.value)
    assert f"put {PUBLISHED} from https://" in said
    assert f"into {folder}" in said
    assert "`crawl-and-dream weights fetch vgg19`" in said
    assert "--weights FILE" in said
    assert "mosaic" in said
    assert "\n" not in said


def test_weights_of_an_unknown_backbone_are_not_looked_for(folder):
    with pytest.raises(LayerError, match="did you mean vgg19"):
        weights.find("vgg-19", folder=folder)


def test_a_download_is_checked_and_kept(folder, site):
    name = f"vgg19-{DIGEST[:8]}.pth"
    site.answers[f"/{name}"] = Answer(CONTENT)
    told = []

    found = weights.download(
        "vgg19", folder=folder, url=site.url + name, on_bytes=lambda *n: told.append(n)
    )
    assert found == Weights(DIGEST, folder / name)
    assert (folder / name).read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_what_is_nowhere_is_downloaded_once(folder, site, monkeypatch):
    name = f"vgg19-{DIGEST[:8]}.pth"
    site.answers[f"/{name}"] = Answer(CONTENT)
    monkeypatch.setattr(weights, "url_of", lambda _backbone: site.url + name)

    first, second = (weights.find("vgg19", folder=folder) for _ in range(2))
    assert first == second == Weights(DIGEST, folder / name)
    assert site.requests == [f"/{name}"]


def break_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[:100])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(CONTENT), f"starts with {DIGEST[:8]}, not dcbb9e9d"),
        (Answer(b"gone", status=404), "404: Not Found"),
        (Answer(b"<html>", status=503), "503: Service Unavailable"),
        (break_off, r"100 of 9000 bytes|IncompleteRead"),
    ],
    ids=["other bytes", "not found", "not now", "broken off"],
)
def test_a_download_that_fails_leaves_nothing(folder, site, answer, reason):
    site.answers[f"/{PUBLISHED}"] = answer
    get = partial(weights.download, url=site.url + PUBLISHED)

    with pytest.raises(WeightsError, match=reason) as error:
        get("vgg19", folder=folder)
    assert "--weights FILE" in str(error.value)
    assert list(folder.iterdir()) == []


def test_a_download_that_is_interrupted_leaves_nothing(folder, site):
    site.answers[f"/{PUBLISHED}"] = Answer(CONTENT)

    def interrupt(_done, _total):
        raise KeyboardInterrupt

    get = partial(weights.download, url=site.url + PUBLISHED, on_bytes=interrupt)
    with pytest.raises(KeyboardInterrupt):
        get("vgg19", folder=folder)
    assert list(folder.iterdir()) == []


def test_a_download_that_fails_leaves_the_file_that_was_there(folder, site):
    path = put(folder, PUBLISHED, b"before")
    get = partial(weights.download, url=site.url + PUBLISHED)

    with pytest.raises(WeightsError, match="404"):
        get("vgg19", folder=folder)
    assert path.read_bytes() == b"before"


def test_without_a_network_the_other_ways_are_said(folder, site):
    url = site.url.replace(str(site.port), "1") + PUBLISHED

    with pytest.raises(WeightsError, match=r"Connection refused.*--weights FILE"):
        weights.download("vgg19", folder=folder, url=url)


def test_a_folder_that_cannot_be_made_is_said(tmp_path, site):
    (tmp_path / "file").write_text("")
    get = partial(weights.download, url=site.url + PUBLISHED)

    with pytest.raises(WeightsError, match=r"cannot be downloaded .*file"):
        get("vgg19", folder=tmp_path / "file" / "weights")
