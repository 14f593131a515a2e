"""What a dream changes: the pixels of pictures, or the spectra of them."""

from typing import Protocol

import torch
from torch import Tensor

from stylize import gradients
from stylize.dream_models import DeepDreamRecipe
from stylize.scales import size_of

# Directions in which the colours of photographs vary independently, by how much they do
# (the matrix of Lucid, https://distill.pub/2017/feature-visualization/).
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
DARKEST = 0.02


class Canvas(Protocol):
    """Pictures (B, 3, H, W) within [0, 1] that can be changed."""

    @property
    def images(self) -> Tensor: ...

    def climb(self, gradient: Tensor) -> None:
        """One step up the gradient (B, 3, H, W) with respect to the pictures."""


class Pixels:
    """A step moves the pixels by the smoothed and normalised gradient."""

    def __init__(self, recipe: DeepDreamRecipe, images: Tensor) -> None:
        self.recipe, self.images = recipe, images

    @torch.no_grad()
    def climb(self, gradient: Tensor) -> None:
        smooth = gradients.smoothed(gradient, self.recipe.smoothing)
        ascent = gradients.normalised(smooth, self.recipe.normalisation)
        self.images = ascent.mul_(self.recipe.step_size).add_(self.images).clamp_(0, 1)


class Spectra:
    """A step of Adam moves Fourier coefficients of decorrelated colours.

    After Olah, Mordvintsev and Schubert, Feature Visualization (2017,
    https://distill.pub/2017/feature-visualization/): coefficients are divided by their
    frequency, as those of photographs are. Opposed to Lucid it can begin with pictures.
    """

    def __init__(self, recipe: DeepDreamRecipe, images: Tensor) -> None:
        matrix = images.new_tensor(COLOURS)
        self._colours = matrix / matrix.norm(dim=0).max()
        self._size = size_of(images)
        self._scale = _scale(*self._size, images.device)
        logits = images.clamp(DARKEST, 1 - DARKEST).logit()
        decorrelated = torch.einsum(
            "dc,bchw->bdhw", torch.linalg.inv(self._colours), logits
        )
        spectra = torch.fft.rfft2(decorrelated, norm="ortho") / self._scale
        self._coefficients = torch.view_as_real(spectra).contiguous().requires_grad_()
        self._adam = torch.optim.Adam([self._coefficients], lr=recipe.step_size)

    @property
    def images(self) -> Tensor:
        with torch.no_grad():
            return self._painted()

    def climb(self, gradient: Tensor) -> None:
        size = gradient.std(dim=(1, 2, 3), keepdim=True).clamp_min(gradients.TINY)
        (found,) = torch.autograd.grad(
            self._painted(), self._coefficients, -gradient / size
        )
        self._coefficients.grad = found
        self._adam.step()

    def _painted(self) -> Tensor:
        spectra = torch.view_as_complex(self._coefficients) * self._scale
        decorrelated = torch.fft.irfft2(spectra, s=self._size, norm="ortho")
        return torch.einsum("cd,bdhw->bchw", self._colours, decorrelated).sigmoid()


def canvas(recipe: DeepDreamRecipe, images: Tensor) -> Canvas:
    """A canvas with these pictures (B, 3, H, W) on it."""
    return (Spectra if recipe.parameters == "fourier" else Pixels)(recipe, images)


def _scale(height: int, width: int, device: torch.device) -> Tensor:
    """What the coefficients of each frequency are multiplied by, (H, W / 2 + 1)."""
    down = torch.fft.fftfreq(height, device=device)[:, None]
    across = torch.fft.rfftfreq(width, device=device)
    frequency = torch.hypot(down, across)
    return 0.25 / frequency.clamp_min(1 / max(height, width))
