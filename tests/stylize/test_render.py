import hashlib

import numpy as np
import pytest
import torch
from pictures import encoded, paint
from PIL import Image
from random_weights import random_weights

from stylize import render as rendering
from stylize.errors import LayerError, PictureError
from stylize.render import Rendering, Studio
from stylize.weights import embedded

PICTURE = encoded(paint(5, size=(96, 64)))
DIGEST = hashlib.sha256(PICTURE).hexdigest()
LAYERS = ("relu_conv1", "fire2", "fire3")


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    return random_weights(tmp_path_factory.mktemp("weights"), "squeezenet1_1", LAYERS)


@pytest.fixture(
    params=["style-transfer", "patch-transfer", "coherent-patches", "deepdream"]
)
def recipe(request, transfer_recipe, style_recipe, patches_recipe, dream_recipe):
    match request.param:
        case "deepdream":
            return dream_recipe(guide=DIGEST)
        case "patch-transfer":
            return style_recipe(style=DIGEST)
        case "coherent-patches":
            return patches_recipe(style=DIGEST)
    return transfer_recipe(style=(DIGEST,))


@pytest.fixture
def rendered(weights):
    def render(recipe, batch, *, device="cpu", pictures=None, **how) -> Rendering:
        embeds = recipe.backbone == "pyramid"
        return Studio(torch.device(device)).render(
            recipe,
            batch,
            weights=embedded(recipe.seed) if embeds else weights,
            pictures={DIGEST: PICTURE} if pictures is None else pictures,
            **{"on_progress": lambda progress: None} | how,
        )

    return render


def test_a_picture_comes_out_the_same_alone_and_in_a_batch(rendered, recipe, noise):
    batch = noise(1, batch=4, width=96)

    together = rendered(recipe, batch)
    alone = rendered(recipe, batch[2:3])

    assert (together.images[2] - alone.images[0]).abs().mean().item() < 4e-3
    assert together.loss_history[2] == pytest.approx(alone.loss_history[0], rel=0.05)


def test_rendering_twice_gives_the_same_picture(rendered, recipe, noise):
    first, second = (rendered(recipe, noise(1)) for _ in range(2))

    assert torch.allclose(first.images, second.images, atol=1e-4)


def test_another_seed_gives_another_picture(
    rendered, transfer_recipe, style_recipe, dream_recipe, noise
):
    for recipe in (
        transfer_recipe(style=(DIGEST,), start="noise"),
        style_recipe(style=DIGEST),
        dream_recipe(guide=DIGEST),
    ):
        other = recipe.model_copy(update={"seed": recipe.seed + 1})
        first, second = (rendered(one, noise(1)) for one in (recipe, other))
        assert (first.images - second.images).abs().mean().item() > 1e-3


def test_a_rendering_says_where_and_in_what_it_was_made(rendered, recipe, noise):
    made = rendered(recipe, noise(1))

    assert made.device == "cpu"
    assert made.dtype in {"float32", "bfloat16"}
    assert made.images.dtype == torch.float32
    assert made.failures == [None]
    assert len(made.loss_history) == 1


def test_what_convolves_nothing_is_made_in_float32(rendered, patches_recipe, noise):
    assert rendered(patches_recipe(style=DIGEST), noise(1)).dtype == "float32"


def test_whatever_the_caller_raises_ends_the_work(rendered, recipe, noise):
    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rendered(recipe, noise(1), on_progress=stop)


def test_a_picture_that_was_not_handed_over_is_named(rendered, recipe, noise):
    with pytest.raises(PictureError, match=f"{DIGEST[:12]} was not handed over"):
        rendered(recipe, noise(1), pictures={})


def test_recipes_without_a_style_are_refused(
    rendered, transfer_recipe, style_recipe, noise
):
    with pytest.raises(PictureError, match="needs a style picture"):
        rendered(style_recipe(), noise(1))
    with pytest.raises(PictureError, match="needs a style picture"):
        rendered(transfer_recipe(), noise(1))


def test_a_style_that_is_too_small_is_refused_with_its_size(
    rendered, style_recipe, noise
):
    tiny = encoded(paint(0, size=(40, 20)))
    digest = hashlib.sha256(tiny).hexdigest()

    with pytest.raises(PictureError, match="20x40 px, needs at least 32 px"):
        rendered(style_recipe(style=digest), noise(1), pictures={digest: tiny})


@pytest.mark.parametrize("size", [(1, 90), (90, 1), (5, 5), (1, 1)])
def test_a_network_takes_styles_smaller_than_it_can_see(
    rendered, transfer_recipe, noise, size
):
    tiny = encoded(paint(0, size=size), "PNG")
    digest = hashlib.sha256(tiny).hexdigest()

    made = rendered(transfer_recipe(style=(digest,)), noise(1), pictures={digest: tiny})

    assert made.failures == [None]
    assert torch.isfinite(made.images).all()


def test_a_layer_that_the_backbone_lacks_is_named(rendered, transfer_recipe, noise):
    layers = {"squeezenet1_1": {"style": {"fire11": 1.0}}}
    recipe = transfer_recipe(style=(DIGEST,), layers=layers, content_weight=0.0)

    with pytest.raises(LayerError, match="fire11"):
        rendered(recipe, noise(1))


def test_backbones_and_targets_stay_between_batches(transfer_recipe, weights, noise):
    studio, recipe = Studio(torch.device("cpu")), transfer_recipe(style=(DIGEST,))

    def make(pictures):
        return studio.render(
            recipe,
            noise(1),
            weights=weights,
            pictures=pictures,
            on_progress=lambda progress: None,
        )

    first = make({DIGEST: PICTURE})

    # The style is not even decoded again.
    assert torch.equal(make({}).images, first.images)


def test_other_weights_are_another_backbone(
    transfer_recipe, weights, noise, tmp_path, rendered
):
    numbers = torch.load(weights.path)
    changed = tmp_path / "squeezenet1_1.pth"
    torch.save({key: value * 1.5 for key, value in numbers.items()}, changed)
    studio, recipe = Studio(torch.device("cpu")), transfer_recipe(style=(DIGEST,))

    first, second = (
        studio.render(
            recipe,
            noise(1),
            weights=each,
            pictures={DIGEST: PICTURE},
            on_progress=lambda progress: None,
        )
        for each in (weights, rendering.Weights("ab" * 32, changed))
    )

    assert not torch.equal(first.images, second.images)


class TightMemory(Studio):
    """A studio on a device that has room for one picture at a time."""

    def _transferred(self, recipe, batch, *rest):
        if len(batch) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super()._transferred(recipe, batch, *rest)


def test_a_batch_that_memory_has_no_room_for_is_made_in_halves(
    transfer_recipe, weights, noise, rendered
):
    recipe, batch, seen = transfer_recipe(style=(DIGEST,)), noise(1, batch=3), set()

    made = TightMemory(torch.device("cpu")).render(
        recipe,
        batch,
        weights=weights,
        pictures={DIGEST: PICTURE},
        on_progress=lambda progress: seen.update(progress.numbers),
    )

    assert (made.images - rendered(recipe, batch).images).abs().mean().item() < 4e-3
    assert len(made.loss_history) == len(made.failures) == 3
    assert seen == {0, 1, 2}
    assert [making.size for making in made.makings] == [1, 1, 1]
    assert len({making.batch for making in made.makings}) == 3


def test_a_mask_holds_a_style_to_its_part(rendered, transfer_recipe, noise):
    left = np.zeros((64, 64), np.uint8)
    left[:, :32] = 255
    mask = encoded(Image.fromarray(left), "PNG")
    name = hashlib.sha256(mask).hexdigest()
    recipe = transfer_recipe(style=(DIGEST,), masks=(name,), content_weight=1.0)

    made = rendered(recipe, noise(1), pictures={DIGEST: PICTURE, name: mask})

    moved = (made.images - noise(1)).abs().mean(dim=(0, 1, 2))
    assert moved[:24].mean().item() > 3 * moved[44:].mean().item()


@pytest.mark.gpu
def test_a_gpu_makes_nearly_the_same_picture(rendered, recipe, noise):
    batch = noise(1, batch=2)

    cpu, gpu = rendered(recipe, batch), rendered(recipe, batch, device="cuda")

    assert gpu.device == "cuda"
    assert (cpu.images - gpu.images).abs().mean().item() < 0.05


@pytest.mark.gpu
def test_losses_on_a_gpu_are_those_of_the_cpu(rendered, transfer_recipe, noise):
    recipe, batch = transfer_recipe(style=(DIGEST,)), noise(1, batch=2)

    cpu, gpu = rendered(recipe, batch), rendered(recipe, batch, device="cuda")

    for mine, other in zip(cpu.loss_history, gpu.loss_history, strict=True):
        assert mine == pytest.approx(other, rel=0.1)
