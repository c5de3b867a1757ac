"""How a person says a value of each statistic, and what the statistic tells.

say("width", 1280.0)              ->  "1,280 pixels"
compare("width", 1280.0, 32.0)    ->  "1,280 pixels, in training 32"
"""

from dataclasses import dataclass

from core.figures.tally import CONFIDENCE, OUTSIDE, UNLIKENESS

CLASS_MIX = "class mix"
ESTIMATE = "estimated accuracy"


@dataclass(frozen=True)
class Quantity:
    form: str  # of its value
    unit: str
    tells: str  # as a sentence's end, for somebody who meets the name for the first time


QUANTITIES = {
    CLASS_MIX: Quantity("{:.0%}", "", "how often each class is the answer; of the one that changed most"),
    ESTIMATE: Quantity("{:.1%}", "", "the mean of confidence: how far it has fallen"),
    CONFIDENCE: Quantity("{:.3f}", "", "how sure the model is, from a coin's toss up to 1"),
    "brightness": Quantity("{:.0f}", " of 255", "0 is black and 255 is white"),
    "contrast": Quantity("{:.0f}", " of 127", "how far light and dark are apart: 0 is one grey"),
    "saturation": Quantity("{:.0%}", "", "how colourful: 0% is grey"),
    "sharpness": Quantity("{:.2f}", "", "how much of the detail is fine: less when a photo is blurred"),
    "noise": Quantity("{:.1f}", " of 255", "the grain in smooth places"),
    "tilt": Quantity(
        "{:+z.0f}",
        " of 255",
        "how much lighter the upper half is than the lower: less when photos are turned",
    ),
    "warmth": Quantity("{:+z.0f}", " of 255", "red less blue: above 0 is warm light, below it cold"),
    "width": Quantity("{:,.0f}", " pixels", "of the file"),
    "height": Quantity("{:,.0f}", " pixels", "of the file"),
    "aspect": Quantity("{:.2f}", "", "width over height: above 1 lies, below 1 stands"),
    UNLIKENESS: Quantity(
        "{:.2f}", "", "how unlike the training's photos to the network: there 0.50 on average"
    ),
    OUTSIDE: Quantity(
        "{:.1%}", "", "photos that look as hardly any of the training's: black, blurred, at night"
    ),
}


def say(statistic: str, value: float) -> str:
    known = QUANTITIES[statistic]
    return known.form.format(value) + known.unit


def compare(statistic: str, now: float, before: float, always: bool = False) -> str:
    """The value now with its unit, beside that in training; `always`, if each picture there had the same."""
    known = QUANTITIES[statistic]
    ever = "always " if always else ""
    average = "" if always and now == before else " on average"
    return f"{say(statistic, now)}{average}, in training {ever}{known.form.format(before)}"
