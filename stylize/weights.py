"""What a backbone's weights are, as a digest."""

import hashlib

from stylize import pyramid
from stylize.recipes import Recipe


def weights_digest(recipe: Recipe) -> str:
    """SHA-256 of what the recipe's weights are drawn from, in hexadecimal.

    The filters of the pyramid are orthonormalised on the spot and their last bits
    differ between machines; their specification and seed do not.
    """
    specification = f"{pyramid.SPECIFICATION} seed={recipe.seed}"
    return hashlib.sha256(specification.encode()).hexdigest()
