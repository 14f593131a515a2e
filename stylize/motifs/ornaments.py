"""Painters of round and starry ornaments: bubbles, mandalas, spirals and webs."""

import torch
from torch import Tensor

from stylize.motifs.plane import TAU, Plane, cloud, grain, mix, ramp, turned, wave

Painted = tuple[Tensor, Tensor]


def bubble(plane: Plane) -> Painted:
    """A clear ball with a bright rim, films of colour and reflected windows."""
    radius, angle = plane.polar()
    film = wave(angle * 2 + radius * 5 + plane.chance(0, TAU))
    rim = ramp(radius, 0.55, 0.95) ** 2
    picture = mix(plane.tone(2), plane.tone(4), film)
    picture = mix(picture * 0.6, plane.tone(3) * 0.8 + 0.2, rim * (0.5 + 0.5 * film))
    u, v = turned(plane.x, plane.y, plane.chance(0.4, 1.1))
    shine = torch.sqrt(((u + 0.62) / 0.16) ** 2 + (v / 0.38) ** 2 + 1e-9)
    picture = mix(picture, torch.ones_like(picture), ramp(-shine, -1.0, -0.6))
    low = torch.sqrt(((u - 0.7) / 0.08) ** 2 + (v / 0.3) ** 2 + 1e-9)
    picture = mix(picture, torch.ones_like(picture), 0.8 * ramp(-low, -1.0, -0.5))
    body = 0.15 + 0.85 * torch.maximum(
        rim, torch.maximum(ramp(-shine, -1.1, -0.9), film * 0.3)
    )
    return picture, plane.inside(0.98 - radius) * body


def ring(plane: Plane) -> Painted:
    """Even rings around a common middle, without anything else."""
    radius, angle = plane.polar()
    bands = radius * plane.count(3, 7) + plane.chance(0, 0.3)
    number = torch.floor(bands)
    edge = ((bands - number) / (plane.pixel * 6).clamp(max=0.5)).clamp(0, 1)
    odd = number - 2 * torch.floor(number / 2)
    picture = mix(plane.tone(1), plane.tone(3), odd + (1 - 2 * odd) * (1 - edge))
    third = (number - 3 * torch.floor(number / 3) == 2).float()
    picture = mix(picture, plane.tone(4), third * plane.count(0, 1))
    return picture * (0.85 + 0.15 * torch.sin(angle)), plane.inside(1 - radius)


def mandala(plane: Plane) -> Painted:
    """Rings of petals, dots and arches with one symmetry."""
    radius, angle = plane.polar()
    fold = plane.count(6, 12)
    picture = mix(plane.tone(0), plane.tone(1), 1 - radius).expand(-1, 3, -1, -1)
    for band, (inner, outer) in enumerate(((0.68, 1), (0.42, 0.7), (0.16, 0.44))):
        along = torch.cos(angle * fold + band * TAU / 2)
        middle, half = (inner + outer) / 2, (outer - inner) / 2
        place = (radius - middle) / half
        arch = torch.sqrt(((along * 0.5 + 0.5).clamp(min=0)) + 1e-9) - place.abs()
        tone = plane.tone(2 + band % 3)
        picture = mix(picture, tone, ramp(arch, 0.0, 0.12))
        picture = mix(picture, plane.tone(0), ramp(arch, 0.25, 0.35))
        picture = mix(picture, plane.tone((band + 1) % 3 + 2), ramp(arch, 0.42, 0.55))
        picture = mix(picture, plane.tone(3), plane.line(radius - outer, 0.035))
    bead = torch.cos(angle * fold * 2) * 0.5 + 0.5
    dots = ramp(bead, 0.6, 0.8) * plane.line(radius - 0.93, 0.08)
    picture = mix(picture, torch.full_like(picture, 0.96), dots)
    picture = mix(picture, plane.tone(4), plane.inside(0.14 - radius))
    edge = 1.0 + 0.05 * torch.cos(angle * fold * 2)
    return picture, plane.inside(edge - radius)


def spiral(plane: Plane) -> Painted:
    """Arms that wind outwards evenly, as those of a galaxy or a sweet."""
    radius, angle = plane.polar()
    hand = torch.where(plane.chance(0, 1) < 0.5, -1.0, 1.0)
    arms = plane.count(1, 3)
    bent = radius ** plane.chance(0.7, 1.1)
    phase = arms * hand * angle + bent * plane.chance(14, 24)
    arm = wave(phase)
    picture = mix(plane.tone(0), plane.tone(2), ramp(arm, 0.3, 0.6))
    picture = mix(picture, plane.tone(3), ramp(arm, 0.6, 0.95))
    picture = mix(picture, plane.tone(4), ramp(radius, 0.5, 0.9) * arm)
    return picture, plane.inside(0.98 - radius)


def star(plane: Plane) -> Painted:
    """Pointed rays with two faces each, one lit and one in shade."""
    radius, angle = plane.polar()
    points = torch.where(plane.chance(0, 1) < 0.5, 5.0, plane.count(4, 8))
    sector = TAU / points
    turn = angle + TAU / 4
    near = turn - sector * torch.floor(turn / sector + 0.5)
    inner = plane.chance(0.32, 0.5)
    half = sector / 2
    # The side of a ray is the line from its tip to the notch between two rays.
    u, v = radius * torch.cos(near), radius * torch.sin(near).abs()
    notch_u, notch_v = inner * torch.cos(half), inner * torch.sin(half)
    length = torch.sqrt((1 - notch_u) ** 2 + notch_v**2)
    depth = ((1 - u) * notch_v - v * (1 - notch_u)) / length
    lit = ramp(near, -0.02, 0.02)
    picture = mix(plane.tone(1), plane.tone(4), lit * 0.85 + 0.15)
    picture = mix(picture, plane.tone(3), lit * (1 - radius))
    picture = mix(picture, plane.tone(0), ramp(-depth, -0.06, -0.02) * 0.8)
    return picture, plane.inside(depth)


def web(plane: Plane) -> Painted:
    """Spokes and the sagging threads between them."""
    radius, angle = plane.polar(plane.chance(-0.3, 0.3), plane.chance(-0.3, 0.3))
    spokes = plane.count(9, 16)
    sector = TAU / spokes
    near = angle - sector * torch.floor(angle / sector + 0.5)
    sag = 1 + 0.14 * torch.cos(near * spokes)
    rounds = radius * sag * plane.chance(4, 6)
    between = (rounds - torch.floor(rounds) - 0.5).abs()
    width = plane.chance(0.025, 0.045)
    thread = plane.line((0.5 - between) / 5, width)
    spoke = plane.line(radius * torch.sin(near), width)
    cover = torch.maximum(thread, spoke)
    drops = ramp(torch.cos(near * spokes * 5), 0.3, 0.8) * thread
    picture = mix(plane.tone(3), plane.tone(4) * 1.2, drops)
    dim = plane.tone(0) * (0.3 + 0.5 * cloud(plane.x, plane.y, plane.chance(0, 9)))
    back = plane.chance(0.3, 0.95)
    return mix(dim, picture.clamp(0, 1), cover), torch.maximum(
        cover, back * torch.ones_like(cover)
    )


def wave_(plane: Plane) -> Painted:
    """Rows of crests that curl over, with foam at their tips."""
    row = torch.floor(plane.y)
    shift = 0.5 * (row - 2 * torch.floor(row / 2))
    x = plane.x * plane.chance(0.5, 0.65) + shift
    y = plane.y - row
    x = x - 1.1 * (0.72 - y).clamp(min=0) ** 1.5 + 0.12
    x = x - torch.floor(x)
    crest = 0.72 - 0.5 * torch.sin(TAU / 2 * x) ** 2
    below = y - crest
    strands = wave(below * 40 + 3 * torch.sin(TAU * x))
    water = mix(plane.tone(2), plane.tone(1), below * 2.0)
    water = mix(water, plane.tone(3), strands * ramp(-below, -0.4, 0.0) * 0.7)
    curl = torch.sqrt((x - 0.62) ** 2 * 2 + (y - 0.42) ** 2 + 1e-9)
    turn = torch.atan2(y - 0.42, x - 0.62)
    coil = wave(curl * 60 - turn)
    water = mix(water, plane.tone(3), ramp(0.2 - curl, 0, 0.03) * coil)
    foam = grain(x * 16, y * 16, plane.chance(0, 9))
    edge = ramp(0.1 + 0.06 * foam - below.abs(), 0.03, 0.07)
    water = mix(water, torch.full_like(water, 0.97), edge)
    sky = mix(plane.tone(0), plane.tone(1), 0.3 + y)
    return mix(sky, water, plane.inside(below + 0.08)), torch.ones_like(plane.x)


def flame(plane: Plane) -> Painted:
    """A tongue of fire, hot and light inside, dark and red at its edge."""
    x, y = plane.x, plane.y
    rise = (0.9 - y).clamp(min=0)
    salt = plane.chance(0, 9)
    lick = grain(x * 1.5 + 5, y * 1.8, salt) - 0.5
    x = x + 0.5 * lick * rise + 0.16 * torch.sin(rise * 4 + salt) * rise
    lobes = 0.12 * grain(x * 7, y * 1.5, salt + 2) * rise
    width = 0.62 * torch.sin((rise / 1.9).clamp(0, 1) ** 0.6 * TAU / 2)
    depth = width - x.abs() - lobes
    hot = (depth * 2.2 + 0.35 * (y + 0.2)).clamp(0, 1)
    red = mix(
        plane.tone(1),
        torch.tensor([0.8, 0.1, 0.02])[:, None, None].to(x),
        torch.full_like(x, 0.5),
    )
    gold = mix(
        plane.tone(4),
        torch.tensor([1.0, 0.6, 0.05])[:, None, None].to(x),
        torch.full_like(x, 0.6),
    )
    picture = mix(red, gold, ramp(hot, 0.05, 0.45))
    picture = mix(picture, torch.full_like(picture, 0.98), ramp(hot, 0.5, 0.95))
    return picture, plane.inside(depth)
