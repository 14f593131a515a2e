import hashlib

import pytest
import torch
from pictures import encoded, paint

from stylize.errors import PictureError
from stylize.render import Rendering, render

PICTURE = encoded(paint(5, size=(96, 64)))
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture(params=["patch-transfer", "deepdream"])
def recipe(request, style_recipe, dream_recipe):
    if request.param == "deepdream":
        return dream_recipe(guide=DIGEST)
    return style_recipe(style=DIGEST)


def rendered(recipe, batch, *, device="cpu", pictures=None) -> Rendering:
    return render(
        recipe,
        batch,
        pictures={DIGEST: PICTURE} if pictures is None else pictures,
        device=torch.device(device),
        on_progress=lambda progress: None,
    )


def test_a_picture_comes_out_the_same_alone_and_in_a_batch(recipe, noise):
    batch = noise(1, batch=4, width=96)

    together = rendered(recipe, batch)
    alone = rendered(recipe, batch[2:3])

    assert (together.images[2] - alone.images[0]).abs().mean().item() < 2e-3
    assert together.loss_history[2] == pytest.approx(alone.loss_history[0], rel=0.02)


def test_rendering_twice_gives_the_same_picture(recipe, noise):
    first, second = (rendered(recipe, noise(1)) for _ in range(2))

    assert torch.allclose(first.images, second.images, atol=1e-4)


def test_another_seed_gives_another_picture(recipe, noise):
    other = recipe.model_copy(update={"seed": recipe.seed + 1})

    first, second = (rendered(one, noise(1)) for one in (recipe, other))

    assert (first.images - second.images).abs().mean().item() > 1e-3


def test_a_rendering_says_where_and_in_what_it_was_made(recipe, noise):
    rendering = rendered(recipe, noise(1))

    assert rendering.device == "cpu"
    assert rendering.dtype in {"float32", "bfloat16"}
    assert rendering.images.dtype == torch.float32
    assert len(rendering.loss_history) == 1


def test_whatever_the_caller_raises_ends_the_work(recipe, noise):
    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(
            recipe,
            noise(1),
            pictures={DIGEST: PICTURE},
            device=torch.device("cpu"),
            on_progress=stop,
        )


def test_a_picture_that_was_not_handed_over_is_named(recipe, noise):
    with pytest.raises(PictureError, match=f"{DIGEST[:12]} was not handed over"):
        rendered(recipe, noise(1), pictures={})


def test_a_style_recipe_without_a_style_is_refused(style_recipe, noise):
    with pytest.raises(PictureError, match="needs a style picture"):
        rendered(style_recipe(), noise(1))


def test_a_style_that_is_too_small_is_refused_with_its_size(style_recipe, noise):
    tiny = encoded(paint(0, size=(40, 20)))
    digest = hashlib.sha256(tiny).hexdigest()

    with pytest.raises(PictureError, match="20x40 px, needs at least 32 px"):
        rendered(style_recipe(style=digest), noise(1), pictures={digest: tiny})


@pytest.mark.gpu
def test_a_gpu_makes_nearly_the_same_picture(recipe, noise):
    batch = noise(1, batch=2)

    cpu, gpu = rendered(recipe, batch), rendered(recipe, batch, device="cuda")

    assert gpu.device == "cuda"
    assert (cpu.images - gpu.images).abs().mean().item() < 0.05
