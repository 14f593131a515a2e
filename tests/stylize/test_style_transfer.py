import pytest
import torch

from stylize.losses import total_variation9
from stylize.progress import Progress, Tracker
from stylize.recipe_models import StyleLoss
from stylize.style_transfer import StyleTransfer
from stylize.targets import Style, TargetBook

CPU = torch.device("cpu")
LARGE_PX = 4096


@pytest.fixture
def transfer(network, noise):
    """Applies a recipe with one style, and gives the reports too."""

    def apply(recipe, content, *, styles=None, tile_px=LARGE_PX, every=0):
        painting = noise(9, height=80, width=100)
        styles = styles or [Style("ab" * 32, lambda size_px: painting, 1.0)]
        made = StyleTransfer(recipe, styles, TargetBook(network), tile_px)
        reports: list[Progress] = []
        tracker = Tracker(reports.append, made.steps(content), len(content), every)
        return made.apply(content, tracker), reports

    return apply


def luminance(images):
    return (images * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=1)


@pytest.mark.parametrize("loss", StyleLoss.__args__)
def test_every_style_loss_falls(transfer, transfer_recipe, noise, loss):
    recipe = transfer_recipe(style_loss=loss, coarsest_steps=15, finest_steps=15)

    made, _ = transfer(recipe, noise(1, batch=2))

    for losses in made.loss_history:
        assert losses[-1] < 0.9 * losses[0]


def test_a_picture_of_which_the_network_sees_nothing_is_given_up(
    transfer, transfer_recipe, noise, network
):
    content = noise(1, height=network.smallest_px - 1, width=64)

    made, _ = transfer(transfer_recipe(), content)

    assert torch.equal(made.images, content)
    assert f"it needs at least {network.smallest_px} px" in made.failures[0]


@pytest.mark.parametrize("loss", ["features", "self-similarity"])
def test_content_holds_the_picture(transfer, transfer_recipe, noise, loss):
    content = noise(1)

    loose, _ = transfer(transfer_recipe(content_weight=0.01), content)
    tight, _ = transfer(transfer_recipe(content_weight=50, content_loss=loss), content)

    moved = [(made.images - content).abs().mean() for made in (loose, tight)]
    assert moved[1] < moved[0]


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_pictures_stay_in_range_and_keep_their_shape(
    transfer, transfer_recipe, noise, optimiser
):
    content = noise(1, batch=2, height=64, width=136)

    made, _ = transfer(transfer_recipe(optimiser=optimiser), content)

    assert made.images.shape == content.shape
    assert made.images.min().item() >= 0
    assert made.images.max().item() <= 1


def test_scales_grow_and_every_step_is_counted(transfer, transfer_recipe, noise):
    _, reports = transfer(transfer_recipe(), noise(1, height=72, width=136))

    assert [report.done for report in reports] == list(range(1, 19))
    assert {report.total for report in reports} == {18}
    sides = [max(report.images.shape[2:]) for report in reports]
    assert sides == sorted(sides)
    assert sides[-1] == 136


def test_terms_of_the_loss_are_reported(transfer, transfer_recipe, noise):
    _, reports = transfer(transfer_recipe(tv_weight=0.1), noise(1))

    last = reports[-1]
    assert set(last.terms) == {"style", "content", "tv"}
    assert sum(last.terms.values()) == pytest.approx(last.loss, rel=1e-4)


def test_every_nth_step_is_reported_on_demand(transfer, transfer_recipe, noise):
    recipe = transfer_recipe(coarsest_steps=0, finest_steps=400)
    recipe = recipe.model_copy(update={"step_size": 1e-3})

    _, reports = transfer(recipe, noise(1), every=7)

    assert {7, 14, 21, 399} <= {report.done for report in reports}


@pytest.mark.parametrize("loss", ["gram", "wasserstein", "sliced"])
def test_tiles_make_the_same_picture_as_one_piece(
    transfer, transfer_recipe, noise, loss
):
    recipe, content = transfer_recipe(style_loss=loss), noise(1, height=200, width=300)

    whole, _ = transfer(recipe, content)
    tiled, _ = transfer(recipe, content, tile_px=128)

    assert (whole.images - tiled.images).abs().mean().item() < 0.02


def test_tiles_leave_no_seams(transfer, transfer_recipe, noise):
    recipe = transfer_recipe(coarsest_px=300, finest_steps=12)

    whole, _ = transfer(recipe, noise(1, height=200, width=300))
    tiled, _ = transfer(recipe, noise(1, height=200, width=300), tile_px=128)

    rough = [total_variation9(made.images).item() for made in (whole, tiled)]
    assert rough[1] == pytest.approx(rough[0], rel=0.05)


def test_noise_is_where_a_texture_starts(transfer, transfer_recipe, noise):
    recipe = transfer_recipe(content_weight=0.0, start="noise")

    first, second = (transfer(recipe, noise(seed))[0] for seed in (1, 2))

    assert torch.equal(first.images, second.images)


def test_a_matched_start_has_the_palette_of_the_style(transfer, transfer_recipe, noise):
    red = noise(2) * torch.tensor([0.9, 0.2, 0.1]).view(3, 1, 1)
    recipe = transfer_recipe(start="matched", coarsest_steps=0, finest_steps=0)

    made, _ = transfer(recipe, noise(1), styles=[Style("r", lambda _: red, 1.0)])

    means = made.images.mean((2, 3)), red.mean((2, 3))
    assert torch.allclose(*means, atol=0.05)


def test_colours_can_be_kept_in_their_places(transfer, transfer_recipe, noise):
    content = noise(1) * 0.5 + 0.25

    made, _ = transfer(transfer_recipe(colours="luminance"), content)

    chroma = [images - luminance(images)[:, None] for images in (made.images, content)]
    assert torch.allclose(*chroma, atol=0.05)
    assert not torch.allclose(luminance(made.images), luminance(content), atol=0.02)


def test_a_glaze_lets_the_content_show_through(transfer, transfer_recipe, noise):
    content = noise(1)

    bare, glazed = (
        transfer(transfer_recipe(glaze=share), content)[0].images for share in (0, 0.4)
    )

    assert torch.allclose(glazed, 0.6 * bare + 0.4 * content, atol=1e-5)


def test_colours_can_be_kept_as_statistics(transfer, transfer_recipe, noise):
    content = noise(1) * 0.4 + 0.3

    made, _ = transfer(transfer_recipe(colours="statistics"), content)

    assert torch.allclose(made.images.mean((2, 3)), content.mean((2, 3)), atol=0.01)


def test_a_share_of_nothing_leaves_a_style_out(transfer, transfer_recipe, noise):
    def styles(share):
        return [
            Style("a", lambda _: noise(2), 1 - share),
            Style("b", lambda _: noise(3) * 0.2, share),
        ]

    alone, _ = transfer(transfer_recipe(), noise(1), styles=styles(0.0)[:1])
    beside, _ = transfer(transfer_recipe(), noise(1), styles=styles(0.0))
    mixed, _ = transfer(transfer_recipe(), noise(1), styles=styles(0.5))

    assert torch.allclose(alone.images, beside.images, atol=1e-4)
    assert not torch.allclose(alone.images, mixed.images, atol=1e-2)


def test_a_picture_without_numbers_is_given_up_and_the_others_go_on(
    transfer, transfer_recipe, noise
):
    content = noise(1, batch=3)
    content[1, 0, 5, 5] = torch.nan

    made, _ = transfer(transfer_recipe(), content)
    alone, _ = transfer(transfer_recipe(), content[2:])

    assert made.failures == [
        None,
        "loss is nan at step 1, scale 1 of 1 (64 px)",
        None,
    ]
    assert torch.allclose(made.images[2], alone.images[0], atol=1e-4)
    assert len(made.loss_history[2]) == 6


def test_a_loss_that_runs_away_is_given_up(transfer, transfer_recipe, noise):
    made, _ = transfer(transfer_recipe(style_weight=1e9), noise(1))

    (failure,) = made.failures
    assert failure is not None
    assert failure.startswith("loss is")
    assert failure.endswith("step 1, scale 1 of 1 (64 px)")


def test_pictures_that_have_arrived_stop_early(transfer, transfer_recipe, noise):
    patient = transfer_recipe(finest_steps=300, tolerance=0.0)
    hasty = transfer_recipe(finest_steps=300, tolerance=0.5)

    (_, all_steps), (made, fewer) = (
        transfer(recipe, noise(1, batch=2)) for recipe in (patient, hasty)
    )

    assert all_steps[-1].done == 300
    assert fewer[-1].done < 300
    assert made.failures == [None, None]


@pytest.mark.parametrize("shape", [(64, 64), (64, 512), (72, 65)])
def test_contents_of_any_shape_will_do(transfer, transfer_recipe, noise, shape):
    made, _ = transfer(transfer_recipe(), noise(1, height=shape[0], width=shape[1]))

    assert torch.isfinite(made.images).all()


def test_a_picture_of_one_colour_does_no_harm(transfer, transfer_recipe):
    made, _ = transfer(
        transfer_recipe(style_loss="wasserstein"), torch.full((1, 3, 64, 64), 0.5)
    )

    assert made.failures == [None]
    assert torch.isfinite(made.images).all()
