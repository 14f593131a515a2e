"""Painters of what is built or laid: arches, bricks, cloth, stones and crystals."""

import torch
from torch import Tensor

from stylize.motifs.plane import (
    TAU,
    Plane,
    cloud,
    mix,
    pebbles,
    ramp,
    scatter,
    wave,
)

Painted = tuple[Tensor, Tensor]


def brick(plane: Plane) -> Painted:
    """Courses of bricks, each half a brick further, in light mortar."""
    salt = plane.chance(0, 9)
    long_ = plane.chance(1.8, 2.4)
    row = torch.floor(plane.y)
    u = plane.x / long_ + 0.5 * (row - 2 * torch.floor(row / 2))
    column = torch.floor(u)
    x, y = (u - column) * long_, plane.y - row
    gap = plane.chance(0.05, 0.11)
    depth = torch.minimum(torch.minimum(x, long_ - x), torch.minimum(y, 1 - y)) - gap
    tint = scatter(column, row, salt)
    face = mix(plane.tone(1), plane.tone(2), tint * 1.2)
    face = mix(face, plane.tone(4), ramp(tint, 0.75, 0.8) * 0.7)
    face = face * (0.7 + 0.5 * cloud(plane.x * 3, plane.y * 3, salt))
    face = face * (0.65 + 0.35 * ramp(depth, 0, 0.1)) * (1.05 - 0.25 * y)
    mortar = mix(plane.tone(3), plane.tone(0), plane.count(0, 1) * 0.9)
    return mix(mortar, face, plane.inside(depth)), torch.ones_like(plane.x)


def arch(plane: Plane) -> Painted:
    """An arcade: round openings between columns, under wedges of stone."""
    tall = plane.chance(2.4, 3.2)
    storey = torch.floor(plane.y / tall)
    x = plane.x / 1.6
    x = (x - torch.floor(x) - 0.5) * 1.6
    y = plane.y - storey * tall - 0.85
    radius, angle = torch.sqrt(x**2 + y**2 + 1e-9), torch.atan2(y, x)
    depth = torch.where(y < 0, 0.5 - radius, 0.5 - x.abs())
    floor = tall - 1.1 - y
    depth = torch.minimum(depth, floor)
    wedge = angle * 9 / (TAU / 2)
    joint = (wedge - torch.floor(wedge) - 0.5).abs()
    stones = mix(
        plane.tone(2), plane.tone(4), ramp(torch.sin(wedge * TAU / 2), -0.2, 0.2)
    )
    stones = stones * (0.6 + 0.4 * ramp(0.5 - joint, 0.02, 0.12))
    column = mix(plane.tone(3), plane.tone(1), (x.abs() - 0.5) * 3.5)
    wall = mix(
        plane.tone(2), plane.tone(3), cloud(plane.x, plane.y, plane.chance(0, 9))
    )
    wall = mix(wall, plane.tone(1), plane.line(y + 0.78, 0.08))
    picture = mix(wall, stones, plane.inside(0.72 - radius) * (y < 0))
    picture = mix(picture, column, (y >= 0).float() * plane.inside(floor))
    picture = mix(picture, plane.tone(1), plane.line(y - 0.04, 0.1) * (depth < 0))
    inner = mix(plane.tone(0) * 0.25, plane.tone(1) * 0.7, ramp(y, -0.5, tall))
    return mix(picture, inner, plane.inside(depth)), torch.ones_like(plane.x)


def pagoda(plane: Plane) -> Painted:
    """A tower of storeys, each narrower, under roofs with upturned eaves."""
    x, y = plane.x.abs(), plane.y
    storeys = plane.count(3, 5)
    level = ((y + 0.75) / 1.65 * storeys).clamp(min=0)
    number = torch.minimum(torch.floor(level), storeys - 1)
    place = level - number
    half = 0.26 + 0.5 * (number + 1) / storeys
    eave = 0.42 - 0.22 * (x / half) ** 2 * ramp(x, 0, half)
    reach = half * (0.35 + 0.75 * (place / 0.5).clamp(0, 1) ** 1.5)
    roof = torch.minimum(
        reach - x, (0.55 - 0.2 * ramp(x, half * 0.5, half * 1.1) - place) * 0.4
    )
    wall = torch.minimum(half * 0.62 - x, (place - eave) * 0.4)
    tiles = wave(x * 60)
    top = mix(plane.tone(1), plane.tone(4), ramp(place, 0.1, 0.55) * 0.6 + 0.4 * tiles)
    top = mix(top, plane.tone(3), ramp(place, 0.42, 0.5) * ramp(roof, 0.0, 0.02))
    pillars = wave(x / half * 22)
    room = mix(plane.tone(0) * 0.4, plane.tone(2), ramp(pillars, 0.4, 0.7))
    room = mix(room, plane.tone(3), ramp(place, 0.88, 0.95))
    picture = mix(room, top, plane.inside(roof))
    inside = torch.maximum(roof, wall) + (-9.0) * ((y < -0.75) | (y > 0.9)).float()
    spire = torch.minimum(
        0.05 + 0.12 * (y + 0.98) - x, torch.minimum(y + 1.1, -0.7 - y)
    )
    picture = mix(picture, plane.tone(4), plane.inside(spire))
    return picture, plane.inside(torch.maximum(inside, spire))


def cloth(plane: Plane) -> Painted:
    """Threads that go over and under each other, in checks of colour."""
    x, y = plane.x * 2, plane.y * 2
    i, j = torch.floor(x), torch.floor(y)
    u, v = x - i - 0.5, y - j - 0.5
    parity = i + j - 2 * torch.floor((i + j) / 2)
    across = parity * v + (1 - parity) * u
    along = parity * u + (1 - parity) * v
    lit = torch.sqrt((1 - (across / 0.5) ** 2).clamp(min=0.02))
    lit = lit * (0.45 + 0.55 * torch.cos(along * TAU / 2.3))
    every = plane.count(3, 6)
    warp = (torch.floor(i / every) % 2 == 0).float()
    weft = (torch.floor(j / every) % 2 == 0).float()
    upright = mix(plane.tone(1), plane.tone(3), warp)
    level = mix(plane.tone(2), plane.tone(4), weft)
    picture = mix(upright, level, parity)
    strands = wave(across * plane.chance(18, 34) + along * 6)
    return picture * lit * (0.8 + 0.2 * strands), torch.ones_like(plane.x)


def honeycomb(plane: Plane) -> Painted:
    """Six-sided cells with pale walls, some of them filled."""
    height = 3**0.5
    best, row, column = torch.full_like(plane.x, 9.0), plane.x, plane.x
    inner_x, inner_y = plane.x, plane.y
    for half in (0.0, 0.5):
        i = torch.floor(plane.x - half + 0.5)
        j = torch.floor(plane.y / height - half + 0.5)
        x, y = plane.x - i - half, plane.y - (j + half) * height
        far = x**2 + y**2
        nearer = far < best
        best = torch.where(nearer, far, best)
        column, row = torch.where(nearer, i + half, column), torch.where(nearer, j, row)
        inner_x, inner_y = (
            torch.where(nearer, x, inner_x),
            torch.where(nearer, y, inner_y),
        )
    u, v = inner_x.abs(), inner_y.abs()
    side = torch.maximum(u, 0.5 * u + 0.866 * v)
    tint = scatter(column * 2, row, plane.chance(0, 9))
    cell = mix(plane.tone(0), plane.tone(1), side * 1.6 + 0.2)
    full = mix(plane.tone(4), plane.tone(2), side * 2 + inner_y)
    cell = mix(cell, full, ramp(tint, 0.55, 0.6))
    cell = cell * (0.6 + 0.4 * ramp(inner_y + 0.3 * inner_x, -0.4, 0.4))
    wall = plane.chance(0.06, 0.1)
    lit = mix(plane.tone(3), plane.tone(2), 0.5 - inner_y)
    return mix(cell, lit, plane.inside(side - 0.5 + wall)), torch.ones_like(plane.x)


def mosaic(plane: Plane) -> Painted:
    """Square stones in a few strong colours, in diamonds and stripes."""
    salt = plane.chance(0, 9)
    x, y = plane.x * 1.8, plane.y * 1.8
    i, j = torch.floor(x), torch.floor(y)
    u, v = x - i - 0.5, y - j - 0.5
    depth = 0.44 - torch.maximum(u.abs(), v.abs()) - 0.06 * scatter(i, j, salt + 1)
    period = plane.count(3, 5)
    diamond = (i % (2 * period) - period).abs() + (j % (2 * period) - period).abs()
    choice = (diamond + torch.floor(scatter(i, j, salt) * 1.25)) % 4
    picture = plane.tone(0)
    for number, tone in enumerate((2, 4, 3, 1)):
        picture = mix(picture, plane.tone(tone), (choice == number).float())
    picture = picture * (0.75 + 0.35 * scatter(i, j, salt + 2))
    picture = picture * (1 + 0.35 * (u - v))
    return mix(
        plane.tone(0) * 0.5, picture, plane.inside(depth / 1.8)
    ), torch.ones_like(plane.x)


def stone(plane: Plane) -> Painted:
    """Round cobbles, lit from one side, with dark gaps."""
    salt = plane.chance(0, 9)
    nearest, gap, cell = pebbles(plane.x, plane.y, salt)
    light, _, _ = pebbles(plane.x + 0.09, plane.y + 0.12, salt)
    bulge = ramp(gap, 0.04, 0.4)
    face = mix(plane.tone(1), plane.tone(2), cell * 1.4 - 0.2)
    face = mix(face, plane.tone(3), ramp(cell, 0.75, 0.8) * 0.8)
    face = mix(face, plane.tone(4), ramp(cell, 0.2, 0.15) * 0.6)
    face = face * (0.75 + 0.4 * cloud(plane.x * 5, plane.y * 5, salt + 2))
    face = face * (0.4 + 0.6 * bulge) * (1 + 2.0 * (light - nearest))
    return mix(plane.tone(0) * 0.3, face, ramp(gap, 0.03, 0.12)), torch.ones_like(
        plane.x
    )


def crystal(plane: Plane) -> Painted:
    """Sharp facets, each with its own even light, and bright edges."""
    salt = plane.chance(0, 9)
    x, y = plane.x * 0.9, plane.y * 0.5
    x, y = x + 0.6 * y, y - 0.25 * x
    _, gap, cell = pebbles(x, y, salt)
    _, small_gap, small = pebbles(x * 1.7 + 3, y * 1.7, salt + 4)
    slope = torch.cos(cell * 40) * x + torch.sin(cell * 40) * y
    light = cell + 0.35 * small + 0.5 * (slope - torch.floor(slope))
    picture = mix(plane.tone(0), plane.tone(2), light)
    picture = mix(picture, plane.tone(4), ramp(light, 0.7, 1.0))
    picture = mix(picture, torch.ones_like(picture), ramp(light, 1.1, 1.5))
    edge = torch.maximum(
        ramp(0.07 - gap, 0, 0.05), 0.5 * ramp(0.05 - small_gap, 0, 0.04)
    )
    return mix(picture, plane.tone(3), edge), torch.ones_like(plane.x)
