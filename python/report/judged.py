"""What the page says of what people said, who judged photos that the model had accepted without knowing its answers."""

from core.figures import true_words
from core.figures.metrics import Estimate
from core.figures.true_accuracy import Truth
from report.page import Badge, Block, Missing, Section, Sentences, Table, Tile
from report.words import between, bounds, number, percent

TITLE = "True accuracy of what is accepted"
NOBODY = "Nobody has judged a photo of the blind sample of these days: people do when no driver waits."
MEANS = (
    "Right as people see it, who did not see the model's answers to these photos, which chance chose. A day counts by "
    "what the model routed on it, whatever its share of the judgements. Each photo that was objected to or corrected "
    "counts for itself."
)


def show_tile(judged: Truth) -> Tile:
    found = judged.accuracy
    if not found:
        return Tile(TITLE, percent(None), "nobody has judged a photo of the blind sample")
    said = true_words.say_estimate(judged)
    note = f"{bounds(found)}, by {say_photos(judged)}; {said}"
    return Tile(TITLE, percent(found.value), note)


def show(judged: Truth) -> Section:
    data = f"{say_photos(judged)}{true_words.say_untold(judged)}, {judged.since} to {judged.until}."
    blocks: list[Block] = [show_table(judged) if judged.accuracy else Missing(NOBODY)]
    said = [(true_words.say_fall(judged), tone(judged))]
    said += [(it, "unknown") for it in true_words.say_left_out(judged)]
    if badges := [Badge(f"{it[0].upper()}{it[1:]}.", toned) for it, toned in said if it]:
        blocks.append(Sentences(badges))
    return Section("Is what it accepts right?", data, blocks, wide=True)


def tone(judged: Truth) -> str:
    if judged.bounded and judged.fall and judged.fall.low:
        return "moved"
    return "steady" if judged.enough else "unknown"


def show_table(judged: Truth) -> Table:
    """The estimate is of the same photos, so that the difference is no chance of which were drawn."""
    fall = judged.fall
    rows = [
        ("true accuracy", judged.accuracy),
        ("by its confidence, of the same photos", judged.estimated),
        ("too high by", judged.too_high),
        ("in training", judged.expected),
        ("fallen by", fall),
    ]
    drawn = [(name, *show_value(name, it)) for name, it in rows if it is not None]
    return Table(MEANS, ("what", "share", "surely between"), drawn, numbers=(1, 2))


def show_value(name: str, found: Estimate | float) -> tuple[str, str]:
    say = true_words.points if name.endswith(" by") else percent
    if not isinstance(found, Estimate):
        return say(found), "-"
    if say is percent:
        return say(found.value), between(found)
    return say(found.value), f"{say(found.low)} and {say(found.high)}"


def say_photos(judged: Truth) -> str:
    return number(judged.judged, "photo of the blind sample", "photos of the blind sample")
