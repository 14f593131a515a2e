from stylize.recipes import load, with_style
from stylize.weights import weights_digest


def test_the_weights_digest_is_sha256_of_specification_and_seed():
    dream = load("dream").recipe
    other = dream.model_copy(update={"seed": dream.seed + 1})

    assert len(weights_digest(dream)) == 64
    assert weights_digest(dream) != weights_digest(other)


def test_recipes_with_the_same_seed_share_their_weights():
    style = load("style").recipe

    assert weights_digest(style) == weights_digest(
        with_style(style, "ab" * 32, name="other")
    )
