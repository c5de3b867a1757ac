"""Draw a car from the side, for the sample's third class: in the coordinates of `training.vehicles`, where a Pen is."""

from random import Random

from training.vehicles import Pen, paint, shade


def car(pen: Pen, dice: Random) -> None:
    """Saloons, hatchbacks, estates and vans. A long closed body, small wheels under it, windows above."""
    kind = dice.choices(["saloon", "hatchback", "estate", "van"], [3, 3, 2, 1.5])[0]
    body, dark = paint(dice), shade((40, 40, 45), dice.uniform(0.4, 1.5))
    glass = shade((150, 175, 195), dice.uniform(0.4, 1.2))
    radius, low = dice.uniform(0.14, 0.18), dice.uniform(0.09, 0.13)
    waist, roof = dice.uniform(0.4, 0.46), dice.uniform(0.68, 0.78) + (0.14 if kind == "van" else 0)
    tail, nose = -dice.uniform(0.74, 0.86), dice.uniform(0.76, 0.9)
    # Where the roof begins and ends, and how far the windows lean beyond it.
    back = {"saloon": -0.34, "hatchback": -0.56, "estate": -0.68, "van": tail + 0.04}[kind]
    front, lean = dice.uniform(0.1, 0.2) + (0.22 if kind == "van" else 0), dice.uniform(0.2, 0.3)
    behind = max(tail, back - (lean if kind == "saloon" else 0.1))

    pen.shape(body, (tail, low), (nose, low), (nose, waist - 0.1), (front + lean, waist), (tail, waist))
    pen.shape(body, (behind, waist), (front + lean, waist), (front, roof), (back, roof))
    if kind == "van" and dice.random() < 0.6:
        rear, top = front - 0.24, roof - 0.06
        pen.shape(glass, (rear, waist), (front + lean - 0.06, waist), (front - 0.02, top), (rear, top))
    else:
        low_ends, top = (behind + 0.07, front + lean - 0.07), roof - 0.05
        ends = [(x, waist) for x in low_ends]
        pen.shape(glass, *ends, (front - 0.02, top), (back + 0.03, top))
        pen.line(body, 0.04, (-0.1, waist), (-0.1, roof))
    for hub in ((-0.5, radius), (0.5, radius)):
        pen.disc(shade(dark, 0.5), hub, radius * 1.12)
        pen.disc(dark, hub, radius)
        pen.disc(shade((190, 190, 195), dice.uniform(0.5, 1.2)), hub, radius * dice.uniform(0.45, 0.65))
    pen.line(shade(body, 0.6), 0.012, (-0.1, low), (-0.1, waist))
    pen.disc((250, 240, 200), (nose - 0.05, waist - 0.14), 0.04)
    pen.disc((180, 30, 30), (tail + 0.04, waist - 0.06), 0.04)
