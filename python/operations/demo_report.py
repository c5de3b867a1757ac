"""The demo's report: one self-contained page with what was routed, and how far the model can be trusted."""

import base64
import html
from pathlib import Path
from typing import Any

from operations.client import Outcome, directions

PICTURES = {
    "coverage.png": "How many photos of the test split a gate lets through, and how many of those are right.",
    "reliability.png": "Whether the model is as right as it is sure, on the test split.",
    "confusion.png": "What it takes for what, on the test split.",
    "mistakes.png": "Its most confident mistakes on the test split.",
    "learning.png": "How training went.",
}
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid #8884 }
td:first-child { white-space: nowrap }
td.number { text-align: right; font-variant-numeric: tabular-nums }
td img { width: 48px; height: 48px; image-rendering: pixelated; vertical-align: middle }
.scroll { overflow-x: auto }
.accepted { color: #0072b2 } .review { color: #b36b00 } .failed, .lost { color: #d55e00 }
figure { margin: 1.5rem 0 } figure img { max-width: 100%; background: white; border-radius: 6px }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem }
dt { opacity: .7 } dd { margin: 0; font-size: 1.6rem }
"""


def write(folder: Path, outcomes: list[Outcome], figures: dict[str, Any]) -> Path:
    """Write report.html beside the pictures that training made; its path."""
    rows = "".join(map(row, sorted(outcomes, key=lambda o: (o.kind, o.photo.name))))
    pictures = "".join(
        f"<figure><img alt='{caption}' src='{embedded((folder / 'model' / name).read_bytes())}'>"
        f"<figcaption>{caption}</figcaption></figure>"
        for name, caption in PICTURES.items()
    )
    page = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Scones Unlimited: the demo</title><style>{STYLE}</style>
<h1>Where the drivers went</h1>
<p>{figures["photos"]} photos of the test split went through the deployed workflow, one execution each.</p>
<dl>{"".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in headline(figures).items())}</dl>
<h2>Some photos, one by one</h2>
<div class="scroll"><table><tr><th>photo<th>outcome<th>what follows<th>seconds</tr>{rows}</table></div>
<h2>The model</h2>{pictures}
</html>
"""
    path = folder / "report.html"
    path.write_text(page)
    return path


def headline(figures: dict[str, Any]) -> dict[str, str]:
    accuracy = figures["selective_accuracy"]
    return {
        "accepted": f"{figures['coverage']:.1%}",
        "of those right": "-" if accuracy is None else f"{accuracy:.1%}",
        "median, upload to outcome": f"{figures['latency_seconds']['p50']:.2f} s",
        "failed": str(len(figures["failures"])),
    }


def row(result: Outcome) -> str:
    name = html.escape(result.photo.name)
    picture = f"<img alt='' src='{embedded(result.photo.content)}'> " if result.kind != "failed" else ""
    return (
        f"<tr><td>{picture}{name}<td class='{result.kind}'>{result.kind}<td>{html.escape(follows(result))}"
        f"<td class='number'>{result.seconds:.2f}</tr>"
    )


def follows(result: Outcome) -> str:
    if result.kind != "accepted":
        return f"{result.error}: {result.cause}"
    return f"{result.output['label']} ({result.output['confidence']:.3f}): {directions(result)}"


def embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
