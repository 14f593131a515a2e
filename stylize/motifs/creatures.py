"""Painters of what animals are made of: eyes, feathers, fins and fur."""

import torch
from torch import Tensor

from stylize.motifs.plane import (
    TAU,
    Plane,
    cloud,
    grain,
    mix,
    pebbles,
    ramp,
    scatter,
    wave,
)

Painted = tuple[Tensor, Tensor]


def eye(plane: Plane) -> Painted:
    """An iris with fibres, pupil and glint, between lids or round as a bird's."""
    radius, angle = plane.polar()
    open_ = plane.chance(0.45, 0.8)
    lidded = (plane.chance(0, 1) < 0.6).float()
    upper = open_ * (1 - (plane.x / 0.98) ** 2)
    lids = torch.minimum(plane.y + upper, 0.75 * upper - plane.y)
    ball = 0.86 - radius
    gap = lidded * lids + (1 - lidded) * ball
    skin = mix(plane.tone(1), plane.tone(2), 0.7 + 0.6 * gap)
    skin = mix(skin, plane.tone(0), plane.line(gap + 0.22, 0.06) * lidded * 0.7)
    lashes = wave(plane.x * plane.chance(22, 34)) * ramp(-plane.y, 0.05, 0.3)
    skin = mix(skin, 0.1 * plane.tone(0), ramp(gap, -0.25, -0.1) * lashes * lidded)
    white = mix(torch.full_like(skin, 0.97), plane.tone(3), (radius - 0.5) * 0.9)
    white = white * (0.55 + 0.45 * ramp(gap, 0, 0.22))
    white = mix(white, plane.tone(1), (1 - lidded) * ramp(radius, 0.62, 0.8))
    seen = mix(white, _iris(plane, radius, angle), plane.inside(0.52 - radius))
    picture = mix(skin, seen, plane.inside(gap))
    picture = mix(picture, 0.15 * plane.tone(0), plane.line(gap, 0.1))
    return picture, plane.inside(1.12 - radius)


def _iris(plane: Plane, radius: Tensor, angle: Tensor) -> Tensor:
    fibres = grain(angle * 7, radius * 2.5, plane.chance(0, 9))
    fibres = 0.6 * fibres + 0.4 * wave(angle * plane.count(14, 30))
    iris = mix(plane.tone(2), plane.tone(4), fibres * 1.4 - 0.2)
    iris = mix(iris, plane.tone(3), (0.42 - radius) * 3 * fibres)
    iris = mix(iris, 0.3 * plane.tone(0), ramp(radius, 0.40, 0.52))
    slit = torch.where(plane.chance(0, 1) < 0.2, 3.0, 1.0)
    pupil = torch.sqrt((slit * plane.x) ** 2 + plane.y**2 / slit**0.5)
    iris = mix(
        iris,
        torch.full_like(iris, 0.02),
        plane.inside(plane.chance(0.17, 0.28) - pupil),
    )
    glint, _ = plane.polar(plane.chance(-0.2, 0.2), plane.chance(-0.24, -0.1))
    iris = mix(
        iris, torch.ones_like(iris), plane.inside(plane.chance(0.08, 0.13) - glint)
    )
    below, _ = plane.polar(0.12, 0.26)
    return mix(iris, torch.ones_like(iris), 0.5 * plane.inside(0.05 - below))


def feather(plane: Plane) -> Painted:
    """A vane of slanted barbs on both sides of a quill."""
    x = plane.x + plane.chance(-0.25, 0.25) * (plane.y**2 - 0.4)
    y = plane.y
    width = plane.chance(0.42, 0.7) * torch.sqrt((1 - y**2).clamp(min=0))
    width = width * ramp(-y, -1.02, -0.5) ** 0.5
    slant = y + plane.chance(0.6, 1.1) * x.abs()
    barbs = wave(slant * plane.chance(36, 60))
    bands = wave(slant * plane.chance(4, 12) + plane.chance(0, TAU))
    picture = mix(plane.tone(1), plane.tone(2), bands * 1.2)
    picture = mix(picture, plane.tone(4), ramp(bands, 0.6, 0.9))
    picture = picture * (0.5 + 0.5 * barbs) * (0.75 + 0.25 * ramp(x, -0.1, 0.1))
    picture = mix(picture, plane.tone(3), plane.line(x, 0.07))
    notch = 0.12 * ramp(
        grain(y * 5 - x.sign() * 3, x.sign(), plane.chance(0, 9)), 0.6, 0.9
    )
    cover = torch.maximum(
        plane.inside(width - x.abs() - notch),
        plane.line(x, 0.06) * plane.inside(1.1 - y.abs()) * (y > 0),
    )
    return picture, cover


def scale(plane: Plane) -> Painted:
    """Rows of overlapping round scales, lit from above."""
    reach = plane.chance(0.62, 0.75)
    picture = torch.zeros_like(plane.x).expand(-1, 3, -1, -1)
    salt = plane.chance(0, 9)
    rim, rich = plane.tone(0), plane.tone(1)
    first = torch.floor(plane.y / 0.5)
    for up in (-1, 0, 1, 2):
        row = first - up + 1
        shift = 0.5 * (row - 2 * torch.floor(row / 2))
        column = torch.floor(plane.x - shift + 0.5)
        x, y = plane.x - shift - column, plane.y - 0.5 * row
        radius = torch.sqrt(x**2 + y**2 + 1e-9)
        tint = scatter(column, row, salt)
        one = mix(rich, plane.tone(2), radius * 1.2 + 0.6 * tint - 0.3)
        one = mix(one, plane.tone(4), ramp(tint, 0.8, 0.9))
        one = mix(one, plane.tone(3), ramp(radius, reach - 0.24, reach - 0.1))
        one = mix(one, rim * 0.4, ramp(radius, reach - 0.08, reach - 0.03))
        one = one * (0.55 + 0.45 * ramp(y, -0.2, 0.45))
        inside = plane.inside(reach - radius) * (y > -0.25)
        picture = mix(picture, one, inside)
    return picture, torch.ones_like(plane.x)


def fur(plane: Plane) -> Painted:
    """Tufts of hair, the upper ones over the roots of the lower."""
    picture = torch.zeros_like(plane.x).expand(-1, 3, -1, -1)
    salt, curl = plane.chance(0, 9), plane.chance(-0.4, 0.4)
    first = torch.floor(plane.y / 0.4)
    for up in range(-1, 4):
        row = first - up + 1
        shift = scatter(row, row, salt)
        column = torch.floor(plane.x / 0.6 - shift + 0.5)
        own = scatter(column, row, salt + 1)
        y = (plane.y - 0.4 * row + 0.3 * own) / 1.5
        x = plane.x - 0.6 * (shift + column) - (curl + own - 0.5) * 0.7 * y**2
        strands = grain(x * 14, row * 7 + column * 3, salt + 2)
        fine = grain(x * 30, row * 5 + column * 3 + y, salt + 3)
        depth = 0.46 * (1 - y).clamp(min=0) ** 0.6 - x.abs() - 0.2 * strands * y
        hair = mix(plane.tone(1), plane.tone(3), y - 0.4 + 0.5 * strands + 0.4 * fine)
        hair = mix(hair, plane.tone(4), ramp(own, 0.7, 0.8) * 0.6)
        hair = hair * (0.35 + 0.65 * ramp(y, -0.1, 0.8)) * (0.6 + 0.4 * fine)
        picture = mix(picture, hair, plane.inside(depth) * (y > -0.3))
    return picture, torch.ones_like(plane.x)


def fish(plane: Plane) -> Painted:
    """A striped body with a tail, fins and a round eye, seen from the side."""
    x, y = plane.x, plane.y + 0.08 * torch.sin(plane.x * 3 + plane.chance(0, TAU))
    deep = plane.chance(0.34, 0.55)
    body = 1 - torch.sqrt(((x + 0.18) / 0.78) ** 2 + (y / deep) ** 2 + 1e-9)
    tail = torch.minimum(x - 0.42, 0.95 - x)
    tail = torch.minimum(tail, 0.1 + (x - 0.45) * 0.85 - y.abs())
    fin = torch.minimum(
        -y - 0.2, 0.25 * deep + 0.55 * deep - (x + 0.1).abs() * 0.6 + y + 0.3
    )
    stripes = wave(x * plane.chance(7, 16) + 2 * y**2 + plane.chance(0, TAU))
    flesh = mix(plane.tone(2), plane.tone(4), ramp(stripes, 0.4, 0.6))
    flesh = mix(flesh, plane.tone(3), ramp(y, 0.05, deep * 0.9))
    rows = wave(x * 26) * wave(y * 26 + TAU / 4)
    flesh = flesh * (0.8 + 0.2 * rows) * (0.6 + 0.4 * ramp(body, 0, 0.35))
    rays = wave(torch.atan2(y, x - 0.2) * 34)
    fins = mix(plane.tone(1), plane.tone(4), rays)
    picture = mix(fins, flesh, plane.inside(body))
    gill, _ = plane.polar(-0.78, 0)
    picture = mix(
        picture, plane.tone(0), plane.line(gill - 0.36, 0.05) * (y.abs() < 0.7 * deep)
    )
    ball, _ = plane.polar(-0.66, -0.1)
    picture = mix(picture, torch.full_like(picture, 0.95), plane.inside(0.11 - ball))
    picture = mix(picture, torch.full_like(picture, 0.03), plane.inside(0.065 - ball))
    return picture, plane.inside(torch.maximum(torch.maximum(body, tail), fin))


def butterfly(plane: Plane) -> Painted:
    """Two pairs of wings with dark veins and spots around a thin body."""
    x, y = plane.x.abs(), plane.y
    radius, angle = torch.sqrt(x**2 + y**2 + 1e-9), torch.atan2(-y, x)
    fore = (
        plane.chance(0.85, 1.1) * torch.cos((angle - 0.62) * 1.15).clamp(min=0) ** 0.7
    )
    hind = plane.chance(0.7, 0.95) * torch.cos((angle + 0.72) * 1.3).clamp(min=0) ** 0.6
    edge = torch.maximum(fore, hind) * (1 + 0.04 * torch.cos(angle * 22))
    depth = edge - radius
    veins = ramp(torch.cos(angle * plane.count(9, 14)), 0.86, 0.97)
    wing = mix(plane.tone(4), plane.tone(2), radius * 1.3 - 0.1)
    wing = mix(wing, plane.tone(3), ramp(wave(radius * 9), 0.75, 0.95) * 0.8)
    wing = mix(wing, plane.tone(0) * 0.5, veins * 0.9)
    wing = mix(wing, plane.tone(0) * 0.4, ramp(-depth, -0.2, -0.12))
    dots = ramp(torch.cos(angle * 18), 0.2, 0.5) * ramp(
        0.045 - (depth - 0.09).abs(), 0, 0.02
    )
    wing = mix(wing, torch.full_like(wing, 0.96), dots)
    body = 1 - torch.sqrt((x / 0.08) ** 2 + (y / 0.55) ** 2 + 1e-9)
    picture = mix(wing, plane.tone(0) * 0.5, plane.inside(body * 0.08))
    return picture, plane.inside(torch.maximum(depth, body * 0.08))


def tentacle(plane: Plane) -> Painted:
    """An arm that curls up, with a row of suckers along its inner side."""
    radius, angle = plane.polar()
    hand = torch.where(plane.chance(0, 1) < 0.5, -1.0, 1.0)
    growth = plane.chance(0.2, 0.26)
    turns = torch.log(radius.clamp(min=0.02)) / growth + hand * angle
    lap = torch.floor((turns + TAU / 2) / TAU)
    place = turns - lap * TAU
    across = place / (TAU / 2)
    along = hand * angle - lap * TAU
    depth = 0.62 - across.abs()
    lit = torch.sqrt((1 - (across / 0.66) ** 2).clamp(min=0))
    skin = mix(plane.tone(1), plane.tone(2), lit * 1.1)
    mottled = cloud(plane.x * 6, plane.y * 6, plane.chance(0, 9))
    skin = mix(skin, plane.tone(4), ramp(mottled, 0.5, 0.7) * ramp(across, -0.1, 0.2))
    beat = along * plane.chance(1.6, 2.2)
    step = (beat - torch.floor(beat) - 0.5) / 0.5
    sucker = torch.sqrt(step**2 + ((across + 0.3) / 0.3) ** 2 + 1e-9)
    skin = mix(skin, plane.tone(3), ramp(-sucker, -0.95, -0.8))
    skin = mix(skin, plane.tone(0), ramp(-sucker, -0.5, -0.3))
    skin = skin * (0.45 + 0.55 * lit)
    return skin, plane.inside(depth * radius * 0.8) * plane.inside(1.1 - radius)


def shell(plane: Plane) -> Painted:
    """A fan of ribs from a hinge, or a coil of whorls that grow."""
    fan, fan_cover = _scallop(plane)
    coil, coil_cover = _whorls(plane)
    is_fan = (plane.chance(0, 1) < 0.4).float()
    return mix(coil, fan, is_fan), mix(coil_cover, fan_cover, is_fan)


def _scallop(plane: Plane) -> Painted:
    radius, _ = plane.polar(0, 0.8)
    angle = torch.atan2(plane.x, 0.8 - plane.y)
    ribs = plane.count(11, 17)
    edge = 1.65 * torch.cos(angle).clamp(min=0) ** 0.4
    edge = edge * (1 + 0.035 * torch.cos(angle * 2 * ribs))
    lit = wave(angle * 2 * ribs + TAU / 2)
    growth = wave(radius / edge.clamp(min=0.1) * plane.chance(14, 26))
    picture = mix(plane.tone(1), plane.tone(3), 0.25 + 0.9 * lit)
    picture = mix(picture, plane.tone(4), ramp(growth, 0.55, 0.9) * 0.7)
    picture = picture * (0.6 + 0.4 * lit) * ramp(radius, -0.5, 0.6)
    return picture, plane.inside(edge - radius) * ramp(-angle.abs(), -0.95, -0.9)


def _whorls(plane: Plane) -> Painted:
    radius, angle = plane.polar()
    turns = torch.log(radius.clamp(min=0.02)) / plane.chance(0.15, 0.2) + angle
    place = turns / TAU - torch.floor(turns / TAU)
    rib = wave((angle + 0.5 * place) * plane.count(18, 30))
    picture = mix(plane.tone(1), plane.tone(2), torch.sin(TAU / 2 * place) * 1.1)
    picture = mix(picture, plane.tone(3), torch.sin(TAU / 2 * place) ** 2 * rib)
    picture = mix(picture, plane.tone(4), ramp(place, 0.62, 0.8) * rib * 0.8)
    picture = mix(picture, plane.tone(0) * 0.3, ramp((place - 0.5).abs(), 0.40, 0.48))
    return picture, plane.inside(0.97 + 0.05 * torch.cos(angle * 2) - radius)


def coral(plane: Plane) -> Painted:
    """A maze of round ridges, as brain corals have."""
    salt = plane.chance(0, 9)
    x = plane.x + 1.1 * (cloud(plane.x, plane.y, salt) - 0.5)
    y = plane.y + 1.1 * (cloud(plane.x, plane.y, salt + 3) - 0.5)
    bend = TAU * grain(x * 0.35, y * 0.35, salt + 6)
    phase = 5.2 * (x * torch.cos(bend) + y * torch.sin(bend))
    ridge = wave(phase)
    picture = mix(plane.tone(0), plane.tone(2), ramp(ridge, 0.15, 0.6))
    picture = mix(picture, plane.tone(3), ramp(ridge, 0.6, 1.0))
    nearest, _, _ = pebbles(x * 5, y * 5, salt)
    picture = mix(
        picture, plane.tone(4), ramp(0.3 - nearest, 0, 0.15) * ramp(ridge, 0.5, 0.8)
    )
    return picture, torch.ones_like(plane.x)
