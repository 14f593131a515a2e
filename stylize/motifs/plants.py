"""Painters of what grows: flowers, leaves, trees and mushrooms."""

import torch
from torch import Tensor

from stylize.motifs.plane import TAU, Plane, cloud, grain, mix, ramp, turned, wave

Painted = tuple[Tensor, Tensor]


def flower(plane: Plane) -> Painted:
    """Narrow petals around a disc of seeds."""
    radius, angle = plane.polar()
    petals = plane.count(8, 15)
    picture = torch.zeros_like(plane.x).expand(-1, 3, -1, -1)
    cover = torch.zeros_like(plane.x)
    for turn, reach in ((0.5, 1.0), (0.0, 0.88)):
        lobe = torch.cos((angle * petals + TAU * turn) / 2).abs()
        edge = reach * (0.3 + 0.7 * lobe**0.6)
        petal = mix(plane.tone(1), plane.tone(3 - int(2 * turn)), radius / reach + 0.1)
        petal = petal * (0.55 + 0.45 * ramp(lobe, 0.1, 0.75))
        petal = petal * (0.85 + 0.15 * wave(angle * petals * 5))
        inside = plane.inside((edge - radius) * 0.7)
        picture, cover = mix(picture, petal, inside), torch.maximum(cover, inside)
    disc = plane.chance(0.22, 0.36)
    seeds = wave(radius * 60 + angle * 13) * wave(radius * 60 - angle * 13)
    heart = mix(plane.tone(4), plane.tone(0), 0.3 + seeds) * (1.2 - radius / disc * 0.7)
    return mix(picture, heart.clamp(0, 1), plane.inside(disc - radius)), cover


def petal(plane: Plane) -> Painted:
    """Broad petals that lie over each other as a rose's or lotus' do."""
    radius, angle = plane.polar()
    count = plane.count(4, 6)
    picture = mix(plane.tone(0), plane.tone(1), 1 - radius)
    picture, cover = picture.expand(-1, 3, -1, -1), torch.zeros_like(plane.x)
    spin = plane.chance(0, TAU)
    for layer, reach in enumerate((1.0, 0.8, 0.6, 0.42, 0.26)):
        lobe = torch.cos((angle * count + spin + layer * 2.6) / 2).abs()
        edge = reach * (0.72 + 0.28 * lobe**0.7)
        depth = (edge - radius) / reach
        one = mix(plane.tone(2), plane.tone(3), ramp(-depth, -0.3, -0.02))
        one = mix(one, plane.tone(1), ramp(depth, 0.2, 0.75))
        veins = wave(angle * count * 7)
        one = one * (0.9 + 0.1 * veins) * (0.45 + 0.55 * ramp(lobe, 0.02, 0.5))
        one = mix(one, plane.tone(0) * 0.5, ramp(-depth, -0.03, 0.01) * 0.5)
        inside = plane.inside(edge - radius)
        picture = mix(picture * (0.5 + 0.5 * ramp(-depth, 0, 0.25)), one, inside)
        cover = torch.maximum(cover, inside)
    return mix(picture, plane.tone(4), plane.inside(0.1 - radius)), cover


def leaf(plane: Plane) -> Painted:
    """A blade with a midrib and side veins, whole or toothed."""
    x = plane.x + plane.chance(-0.3, 0.3) * plane.y**2
    y = plane.y
    width = plane.chance(0.42, 0.62) * (1 - y**2).clamp(min=0) ** plane.chance(0.7, 1.2)
    width = width * (1.12 + 0.25 * y)
    slant = y + plane.chance(0.5, 0.9) * x.abs() + 0.3 * x**2
    beat = slant * plane.chance(3.5, 5.5)
    vein = (beat - torch.floor(beat) - 0.5).abs()
    toothed = torch.where(plane.chance(0, 1) < 0.5, 0.09, 0.0)
    depth = width - x.abs() - toothed * (beat * 2 - torch.floor(beat * 2))
    blade = mix(plane.tone(1), plane.tone(2), 0.2 + 2.2 * vein + 0.4 * depth)
    blotch = cloud(x * 3, y * 3, plane.chance(0, 9))
    blade = mix(blade, plane.tone(4), ramp(blotch, 0.55, 0.75) * 0.7)
    blade = blade * (0.8 + 0.2 * ramp(x, -0.05, 0.05))
    blade = mix(blade, plane.tone(3), ramp(0.12 - vein, 0, 0.08) * 0.8)
    blade = mix(blade, plane.tone(3), plane.line(x, 0.06))
    stalk = plane.line(x, 0.07) * ((y > 0.5) & (y < 1.15)).float()
    return blade, torch.maximum(plane.inside(depth), stalk)


def tree(plane: Plane) -> Painted:
    """A trunk that forks again and again, bare or with a crown of leaves."""
    twigs = torch.full_like(plane.x, -9.0)
    spread, bend = plane.chance(0.38, 0.6), plane.chance(-0.12, 0.12)
    shoots = [(plane.x, 1.0 - plane.y, 0.62, 0.11)]
    for _ in range(5):
        grown = []
        for x, y, length, width in shoots:
            inside = torch.minimum(y + 0.05, length - y)
            taper = width * (1 - 0.35 * (y / length).clamp(0, 1))
            twigs = torch.maximum(twigs, torch.minimum(taper - x.abs(), inside))
            for turn in (spread + bend, bend - spread):
                u, v = turned(x, y - length * 0.96, -turn)
                grown.append((u, v, length * 0.68, width * 0.62))
        shoots = grown
    radius, _ = plane.polar(0, -0.25)
    leaves = cloud(plane.x * 5, plane.y * 5, plane.chance(0, 9))
    crown = 0.8 - radius + 0.6 * (leaves - 0.5)
    leafy = (plane.chance(0, 1) < 0.35).float()
    wood = mix(plane.tone(0), plane.tone(1), 0.5 + plane.x * 4) * 0.7
    leaf_tone = mix(plane.tone(2), plane.tone(4), ramp(leaves, 0.3, 0.7))
    leaf_tone = leaf_tone * (0.5 + 0.5 * ramp(-plane.y - plane.x, -0.5, 0.9))
    shown = plane.inside(crown) * leafy * ramp(leaves, 0.38, 0.5)
    trunk = plane.inside(twigs)
    return mix(leaf_tone, wood, trunk * (1 - shown)), torch.maximum(trunk, shown)


def mushroom(plane: Plane) -> Painted:
    """A spotted cap on a pale stem, with gills below the rim."""
    x, y = plane.x, plane.y
    flat = plane.chance(0.55, 0.95)
    cap = 1 - torch.sqrt((x / 0.9) ** 2 + ((y - 0.05) / flat) ** 2 + 1e-9)
    cap = torch.minimum(cap, 0.05 + 0.08 * torch.cos(x * 2) - y)
    gills = torch.minimum(
        0.2 - ((x / 0.85) ** 2 + ((y - 0.02) / 0.22) ** 2) * 0.2, y + 0.1
    )
    thick = plane.chance(0.16, 0.26)
    stem = torch.minimum(thick + 0.08 * ramp(y, 0.4, 1.0) - x.abs(), 0.98 - y)
    stem = torch.minimum(stem, y)
    picture = mix(plane.tone(3), plane.tone(1), 0.2 + (x / thick + 0.2).abs() * 0.6)
    rays = wave(torch.atan2(x, 0.9 + y) * 60)
    folds = mix(plane.tone(0), plane.tone(3), rays)
    picture = mix(picture, folds, plane.inside(gills))
    u, v = x * 3.2 / (1.15 - 0.3 * x**2), (y + 0.6) * 3.4
    i = torch.floor(u + 0.5 * torch.floor(v))
    spot = torch.sqrt((u + 0.5 * torch.floor(v) - i - 0.5) ** 2 + (v % 1 - 0.5) ** 2)
    top = mix(plane.tone(1), plane.tone(4), 0.5 - y + 0.3 * x)
    top = mix(top, torch.full_like(top, 0.95), ramp(0.34 - spot, 0, 0.1))
    top = top * (0.55 + 0.45 * ramp(cap, 0, 0.5))
    picture = mix(picture, top, plane.inside(cap))
    return picture, plane.inside(torch.maximum(torch.maximum(cap, stem), gills))


def wood(plane: Plane) -> Painted:
    """Grain that runs along a board and around its knots."""
    salt = plane.chance(0, 9)
    x, y = plane.x, plane.y * 0.35
    sway = grain(x * 0.5, y, salt) + 0.3 * grain(x * 1.5, y * 2, salt + 1)
    knot_x = torch.floor(x / 3) * 3 + 1.5 + plane.chance(-0.7, 0.7)
    knot_y = torch.floor(plane.y / 4) * 4 + 2 + plane.chance(-1, 1)
    far = torch.sqrt((x - knot_x) ** 2 + ((plane.y - knot_y) / 1.8) ** 2 + 1e-9)
    knot = torch.exp(-((far / 0.75) ** 2))
    phase = TAU * (x * 1.3 + 1.5 * sway) * (1 - knot) + TAU * 2.6 * far * knot
    rings = (phase / TAU - torch.floor(phase / TAU)) ** 1.5
    picture = mix(plane.tone(2), plane.tone(0), rings)
    picture = mix(picture, plane.tone(3), 0.5 * grain(x * 9, y * 2, salt + 2))
    picture = mix(picture, plane.tone(1) * 0.3, ramp(knot, 0.75, 0.95))
    return picture, torch.ones_like(plane.x)
