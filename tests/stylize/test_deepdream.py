import torch

from stylize.deepdream import dream
from stylize.progress import Progress


def silent(progress: Progress) -> None:
    pass


def test_the_loss_falls(dream_recipe, backbone, noise):
    recipe = dream_recipe(octaves=1, steps=6, guidance=0.0, step_size=0.03)

    _, history = dream(recipe, noise(1, batch=2), None, backbone, silent)

    for losses in history:
        assert losses[-1] < 1.2 * losses[0] < 0


def test_pictures_stay_in_range_and_keep_their_shape(dream_recipe, backbone, noise):
    content = noise(1, batch=2, height=64, width=88)

    images, history = dream(dream_recipe(), content, noise(2), backbone, silent)

    assert images.shape == content.shape
    assert images.min().item() >= 0
    assert images.max().item() <= 1
    assert [len(losses) for losses in history] == [6, 6]


def test_a_blend_of_nothing_leaves_the_picture_as_it_was(dream_recipe, backbone, noise):
    content = noise(1)

    images, _ = dream(dream_recipe(blend=0.0), content, noise(2), backbone, silent)

    assert torch.allclose(images, content, atol=1e-6)


def test_the_guides_forms_appear(dream_recipe, backbone, noise):
    stripes = (torch.arange(64) % 8 < 4).float().expand(1, 3, 64, 64)
    recipe = dream_recipe(guide_scale=1.0, blend=1.0, octaves=1)

    images, _ = dream(recipe, noise(1), stripes, backbone, silent)

    across, down = (images.diff(dim=dim).abs().mean().item() for dim in (3, 2))
    assert across > 1.5 * down


def test_without_a_guide_every_picture_dreams_of_itself(dream_recipe, backbone, noise):
    batch = noise(1, batch=2)

    together, _ = dream(dream_recipe(), batch, None, backbone, silent)
    alone, _ = dream(dream_recipe(), batch[1:], None, backbone, silent)

    assert (together[1:] - alone).abs().mean().item() < 1e-3


def test_a_picture_of_one_colour_does_no_harm(dream_recipe, backbone, noise):
    plain = torch.full((1, 3, 64, 64), 0.5)

    images, _ = dream(dream_recipe(), plain, noise(2), backbone, silent)

    assert torch.isfinite(images).all()
