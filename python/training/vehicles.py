"""Draw a bicycle or a motorcycle from the side, facing right, with a `Pen` that decides where it stands.

Coordinates: the wheels stand on y = 0 about x = -0.5 and x = 0.5, y points up.
"""

import math
from collections.abc import Sequence
from random import Random

from PIL import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

CIRCLE = [(math.cos(step * math.tau / 20), math.sin(step * math.tau / 20)) for step in range(20)]


class Pen:
    """Draws in the vehicle's coordinates: mirrored, tilted, turned away and scaled onto a canvas."""

    def __init__(
        self, draw: ImageDraw.ImageDraw, origin: Point, size: float, tilt: float, turn: float, mirror: bool
    ):
        self.draw, self.origin, self.size, self.mirror = draw, origin, size, mirror
        self.cosine, self.sine = math.cos(tilt), math.sin(tilt)
        self.squeeze, self.nearness = math.cos(turn), 0.5 * math.sin(turn)

    def place(self, point: Point) -> Point:
        x, y = point
        depth = self.size / (1 - self.nearness * x)  # what is turned towards us is larger
        x, y = depth * x * self.squeeze * (-1 if self.mirror else 1), depth * y
        return (
            self.origin[0] + x * self.cosine - y * self.sine,
            self.origin[1] - x * self.sine - y * self.cosine,
        )

    def line(self, colour: Colour, width: float, *points: Point) -> None:
        pixels = max(1, round(width * self.size))
        self.draw.line([self.place(point) for point in points], fill=colour, width=pixels, joint="curve")

    def shape(self, colour: Colour, *points: Point) -> None:
        self.draw.polygon([self.place(point) for point in points], fill=colour)

    def disc(self, colour: Colour, centre: Point, radius: float, height: float | None = None) -> None:
        self.shape(colour, *_ring(centre, radius, height or radius))

    def circle(self, colour: Colour, width: float, centre: Point, radius: float) -> None:
        ring = _ring(centre, radius, radius)
        self.line(colour, width, *ring, ring[0], ring[1])


def _ring(centre: Point, radius: float, height: float) -> list[Point]:
    return [(centre[0] + radius * x, centre[1] + height * y) for x, y in CIRCLE]


def _between(a: Point, b: Point, share: float) -> Point:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)


def paint(dice: Random) -> Colour:
    """A colour that vehicles have: often a strong one, often black, grey or white."""
    if dice.random() < 0.35:
        grey = dice.choice([20, 35, 60, 120, 190, 235])
        return (grey, grey, min(255, grey + dice.randint(0, 12)))
    strong, weak = dice.randint(110, 250), dice.randint(0, 90)
    red, green, blue = dice.sample([strong, weak, dice.randint(weak, strong)], 3)
    return red, green, blue


def shade(colour: Sequence[int], factor: float) -> Colour:
    red, green, blue = (min(255, round(value * factor)) for value in colour)
    return red, green, blue


def bicycle(pen: Pen, dice: Random) -> None:
    """Frames: diamond, step-through, folding, electric. Thin tubes, open wheels."""
    kind = dice.choices(["diamond", "step-through", "folding", "electric"], [5, 3, 1, 1.5])[0]
    frame, dark = paint(dice), shade((40, 40, 45), dice.uniform(0.4, 1.6))
    radius = dice.uniform(0.29, 0.36) if kind != "folding" else dice.uniform(0.2, 0.25)
    tyre = dice.uniform(0.025, 0.05) * (1.5 if kind == "electric" else 1)
    tube = dice.uniform(0.03, 0.05)
    rear, front = (-0.5, radius), (0.5, radius)
    pedals = (dice.uniform(-0.12, -0.05), radius * dice.uniform(0.85, 1.0))
    seat, head = (-0.22, dice.uniform(0.62, 0.74)), (dice.uniform(0.3, 0.36), dice.uniform(0.66, 0.76))

    for hub in (rear, front):
        if dice.random() < 0.6:
            spokes = shade((150, 150, 150), dice.uniform(0.6, 1.4))
            for x, y in CIRCLE[: 10 : dice.choice([2, 3])]:
                pen.line(
                    spokes,
                    0.008,
                    (hub[0] - radius * x, hub[1] - radius * y),
                    (hub[0] + radius * x, hub[1] + radius * y),
                )
        pen.circle(dark, tyre, hub, radius)
        pen.disc(dark, hub, 0.03)
    if dice.random() < 0.35:
        guard = shade(frame, 0.8)
        for hub in (rear, front):
            arc = _ring(hub, radius + 0.04, radius + 0.04)
            pen.line(guard, 0.03, *arc[2:10])
    low = _between(head, (head[0] + 0.03, 0.3), 0.25)
    pen.line(frame, tube * 0.7, rear, pedals)
    pen.line(frame, tube * 0.7, rear, _between(pedals, seat, 0.8))
    pen.line(frame, tube, pedals, seat)
    pen.line(frame, tube * (2.2 if kind == "electric" else 1), pedals, low)
    if kind in ("diamond", "electric"):
        pen.line(frame, tube, _between(pedals, seat, 0.85), head)
    elif kind == "step-through":
        pen.line(frame, tube, _between(pedals, seat, 0.4), head)
    pen.line(dice.choice([frame, dark]), tube, head, front)
    if kind == "electric":
        pen.shape(dark, (-0.36, 0.5), (-0.2, 0.52), (-0.16, 0.36), (-0.3, 0.36))
    bar = dice.choice(
        [(0.12, 0.0), (0.1, -0.12), (-0.12, 0.08), (-0.06, 0.14)]
    )  # flat, racing, city, cruiser
    grip = (head[0] + bar[0], head[1] + 0.06 + bar[1])
    pen.line(dark, 0.035, head, (head[0] - 0.01, head[1] + 0.07), grip)
    pen.line(dark, 0.03, seat, (seat[0] - 0.01, seat[1] + 0.08))
    pen.line(dark, 0.06, (seat[0] - 0.1, seat[1] + 0.09), (seat[0] + 0.09, seat[1] + 0.08))
    pen.circle(dark, 0.025, pedals, 0.06)
    crank = dice.uniform(0, math.tau)
    pen.line(
        dark,
        0.025,
        *[(pedals[0] + s * 0.15 * math.cos(crank), pedals[1] + s * 0.15 * math.sin(crank)) for s in (-1, 1)],
    )
    if dice.random() < 0.25:
        basket = dice.choice([(120, 90, 55), (60, 60, 60), (200, 200, 200)])
        pen.shape(basket, (0.4, 0.62), (0.62, 0.62), (0.66, 0.84), (0.38, 0.84))
    if dice.random() < 0.2:
        pen.shape(shade(paint(dice), 0.8), (-0.74, 0.28), (-0.44, 0.28), (-0.4, 0.58), (-0.72, 0.58))


def motorcycle(pen: Pen, dice: Random) -> None:
    """Cruisers, racers, trail bikes, scooters and mopeds. Fat wheels and a body, more or less of it."""
    kind = dice.choices(["cruiser", "racer", "trail", "scooter", "moped"], [3.5, 3, 2, 1.5, 1.2])[0]
    body, dark = paint(dice), shade((40, 40, 45), dice.uniform(0.4, 1.5))
    chrome = shade((190, 190, 195), dice.uniform(0.6, 1.25))
    radius = {"cruiser": 0.26, "racer": 0.27, "trail": 0.31, "scooter": 0.17, "moped": 0.28}[
        kind
    ] * dice.uniform(0.93, 1.07)
    tyre = {"cruiser": 0.12, "racer": 0.11, "trail": 0.08, "scooter": 0.09, "moped": 0.05}[
        kind
    ] * dice.uniform(0.85, 1.15)
    rear, front = (-0.5, radius), (0.5 + (0.1 if kind == "cruiser" else 0), radius)
    head = (dice.uniform(0.24, 0.34), dice.uniform(0.6, 0.7))

    for hub in (rear, front):
        if dice.random() < 0.4 and kind != "moped":
            pen.disc(shade(chrome, 0.6), hub, radius)
        pen.circle(dark, tyre, hub, radius - tyre * 0.3)
        pen.disc(chrome, hub, radius * 0.3)
    pen.line(dark, 0.07, rear, (-0.1, 0.3))
    pen.line(chrome if dice.random() < 0.6 else dark, 0.06, head, front)
    if kind == "scooter":
        pen.shape(body, (-0.68, 0.3), (-0.1, 0.24), (-0.08, 0.56), (-0.6, 0.58))
        pen.shape(body, (-0.1, 0.16), (0.3, 0.16), (0.3, 0.24), (-0.1, 0.24))
        pen.shape(body, (0.24, 0.16), (0.36, 0.2), (head[0] + 0.04, 0.8), (head[0] - 0.08, 0.74))
    elif kind == "moped":
        pen.line(body, 0.09, rear, (-0.25, 0.5), (-0.05, 0.3), head)
        pen.disc(dark, (-0.06, 0.28), 0.13, 0.11)
        if dice.random() < 0.5:
            pen.disc(body, (0.08, 0.54), 0.15, 0.07)
    else:
        engine = dice.choice([dark, shade(chrome, 0.55), shade(chrome, 0.8)])
        pen.shape(engine, (-0.26, 0.16), (0.2, 0.14), (0.26, 0.44), (-0.22, 0.46))
        if dice.random() < 0.6:
            for height in (0.24, 0.31, 0.38):
                pen.line(shade(engine, 0.6), 0.02, (-0.05, height), (0.2, height))
        top = dice.uniform(0.62, 0.7)
        pen.shape(body, (-0.2, 0.48), (0.24, 0.46), (0.3, top), (0.1, top + 0.06), (-0.12, 0.6))
        if kind == "racer":
            pen.shape(body, (0.06, 0.2), (0.36, 0.26), (0.5, 0.62), (0.32, 0.82), (0.16, 0.62))
            pen.shape(shade(body, 0.75), (-0.2, 0.54), (-0.24, 0.66), (-0.76, 0.78), (-0.66, 0.64))
            pen.shape(shade((170, 190, 200), 0.9), (0.34, 0.8), (0.26, 0.9), (0.2, 0.76))
        if kind == "trail":
            pen.shape(body, (0.28, 0.62), (0.8, 0.62), (0.74, 0.68), (0.3, 0.7))
            pen.shape(body, (-0.24, 0.62), (-0.84, 0.76), (-0.8, 0.8), (-0.2, 0.72))
    if kind in ("cruiser", "moped", "racer"):
        arc = _ring(rear, radius + tyre * 0.6, radius + tyre * 0.6)
        pen.line(body, 0.07 if kind != "moped" else 0.04, *arc[2:9])
    seat = {"cruiser": 0.5, "racer": 0.62, "trail": 0.68, "scooter": 0.6, "moped": 0.62}[kind]
    pen.line(dice.choice([dark, (70, 45, 30)]), 0.1, (-0.56, seat + 0.04), (-0.36, seat + 0.02), (-0.1, seat))
    if dice.random() < 0.75 and kind != "scooter":
        rise = 0.3 if kind == "trail" else 0.02
        pen.line(chrome, 0.06 if kind != "moped" else 0.04, (0.14, 0.2), (-0.2, 0.16), (-0.72, 0.2 + rise))
    grip = (head[0] - dice.uniform(0.04, 0.16), head[1] + dice.uniform(0.06, 0.26))
    pen.line(dark, 0.045, head, (head[0], head[1] + 0.06), grip)
    if kind != "racer" and dice.random() < 0.8:
        pen.disc(dice.choice([chrome, (240, 235, 200)]), (head[0] + 0.09, head[1] + 0.02), 0.07)
    if kind in ("cruiser", "scooter") and dice.random() < 0.3:
        pen.shape(dark, (-0.8, 0.36), (-0.46, 0.36), (-0.46, 0.62), (-0.8, 0.62))


def rider(pen: Pen, dice: Random) -> None:
    """Someone on the saddle, or standing behind it."""
    coat, trousers, skin = (
        paint(dice),
        shade(paint(dice), 0.7),
        shade((225, 180, 150), dice.uniform(0.4, 1.1)),
    )
    hip, shoulder = (-0.2, 0.76), (dice.uniform(-0.12, 0.08), dice.uniform(1.16, 1.26))
    pen.line(trousers, 0.13, hip, (0.06, 0.52), (-0.04, 0.2))
    pen.line(coat, 0.2, hip, shoulder)
    pen.line(coat, 0.08, shoulder, (0.2, 0.9), (0.32, 0.82))
    helmet = dice.random() < 0.6
    pen.disc(paint(dice) if helmet else skin, (shoulder[0] + 0.05, shoulder[1] + 0.16), 0.11)
