"""What style transfer minimises at one scale, and the gradient of it.

With one tile this is a forward and a backward pass. With many, a first pass gathers
what the losses are made of, and a second one sends their gradients back through one
tile after another: style statistics are those of the whole picture, and the network's
memory is that of a tile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from stylize import losses, memory
from stylize.backbones import Backbone
from stylize.terms import Gathered, Term
from stylize.tiles import Tile, parts


@dataclass(frozen=True)
class Evaluation:
    """Losses (B,), the gradient (B, 3, H, W) of their sum, and the terms of losses."""

    losses: Tensor
    gradient: Tensor
    terms: Mapping[str, Tensor]


@dataclass(frozen=True)
class Objective:
    """The weighted sum of terms of a backbone's layers and of the total variation."""

    backbone: Backbone
    terms: Sequence[Term]
    tv_weight: float = 0.0

    def evaluate(self, images: Tensor, tiles: Sequence[Tile]) -> Evaluation:
        """Losses and gradient at pictures (B, 3, H, W)."""
        variable = images.detach().requires_grad_()
        if len(tiles) == 1:
            found = [self._gather(variable, tiles[0])]
        else:
            with torch.no_grad():
                found = [self._gather(tile.cut(images), tile) for tile in tiles]
            found = [[_leaves(each) for each in tile] for tile in found]
        by_kind = self._by_kind(found)
        torch.autograd.backward(torch.stack(list(by_kind.values())).sum())
        gradient = torch.zeros_like(images)
        if variable.grad is not None:
            # Networks give it back channels last; in the pictures' own order what is
            # done with both is ten times as fast.
            gradient.copy_(variable.grad)
        if len(tiles) > 1:
            self._send_back(images, tiles, found, gradient)
            memory.trim()
        named = {kind: loss.detach() for kind, loss in by_kind.items()}
        if self.tv_weight:
            named["tv"] = self._total_variation(images, gradient)
        total = torch.stack(list(named.values())).sum(dim=0)
        return Evaluation(total, gradient, named)

    def redrawn(self, generator: torch.Generator) -> Self:
        """The objective of the next step: terms that look at samples draw new ones."""
        return replace(self, terms=[term.redrawn(generator) for term in self.terms])

    def kept(self, rows: Tensor) -> Self:
        """The objective of some of the pictures, given by their numbers."""
        return replace(self, terms=[term.kept(rows) for term in self.terms])

    def _gather(self, cut: Tensor, tile: Tile) -> list[Gathered]:
        layers = parts(self.backbone, cut, tile)
        return [term.gather(layers) for term in self.terms]

    def _by_kind(self, found: Sequence[Sequence[Gathered]]) -> dict[str, Tensor]:
        by_kind: dict[str, Tensor] = {}
        for term, gathered in zip(self.terms, zip(*found, strict=True), strict=True):
            loss = term.weight * term.loss(gathered)
            by_kind[term.kind] = by_kind.get(term.kind, 0) + loss
        return by_kind

    def _total_variation(self, images: Tensor, gradient: Tensor) -> Tensor:
        """The loss (B,); its gradient is added, by channels to save memory."""
        total = images.new_zeros(len(images))
        weight = self.tv_weight / images.shape[1]
        planes = zip(
            torch.split(images, 1, 1), torch.split(gradient, 1, 1), strict=True
        )
        for plane, of_plane in planes:
            variable = plane.detach().requires_grad_()
            loss = weight * losses.total_variation9(variable)
            of_plane.add_(torch.autograd.grad(loss.sum(), variable)[0])
            total += loss.detach()
        return total

    def _send_back(
        self,
        images: Tensor,
        tiles: Sequence[Tile],
        found: Sequence[Sequence[Gathered]],
        gradient: Tensor,
    ) -> None:
        """What reached the leaves goes on to the pixels, tile by tile."""
        for tile, leaves in zip(tiles, found, strict=True):
            cut = tile.cut(images).detach().requires_grad_()
            pairs = [
                (tensor, leaf.grad)
                for gathered, wanted in zip(
                    self._gather(cut, tile), leaves, strict=True
                )
                for tensor, leaf in zip(gathered, wanted, strict=True)
                if leaf.grad is not None and tensor.requires_grad
            ]
            outputs, gradients = zip(*pairs, strict=True)
            torch.autograd.backward(outputs, gradients)
            if cut.grad is not None:
                tile.cut(gradient).add_(cut.grad)


def _leaves(gathered: Gathered) -> Gathered:
    return tuple(tensor.detach().requires_grad_() for tensor in gathered)
