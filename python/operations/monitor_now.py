"""Have the monitor look at an environment now, not at its next hour: `python -m operations.monitor_now ENV`.

Coverage and the estimated accuracy are those of the hour; drift is that of the 24 hours until its end. The true
accuracy is that of what was accepted in the week before its day, by people who judged a blind sample.
"""

import json
from collections.abc import Iterator
from datetime import datetime

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from core.figures import metrics, true_words
from core.figures.true_accuracy import Truth
from core.table import Table

LONGEST_SECONDS = 900  # of any function
HEAD = (
    "hour (UTC)",
    "model",
    "records",
    "left out",
    "repeats",
    "unreadable",
    "coverage",
    "estimated",
    "true",
    "drift",
)


def invoke(function: str) -> Json:
    """Run the function to its end; the answer is what it came to."""
    patient = Config(read_timeout=LONGEST_SECONDS + 10, retries={"total_max_attempts": 1})
    try:
        answer = boto3.client("lambda", config=patient).invoke(FunctionName=function, Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the function {function} cannot be run: {error}") from error
    if "FunctionError" in answer:
        kind, message = payload.get("errorType", "error"), payload["errorMessage"]
        raise UserError(f"{function} failed: {kind}: {message}")
    return payload["body"]


def table(found: Json) -> Table:
    """The hours with traffic, a row for each model."""
    results = found["results"]
    busy = [result for result in results if result["records"] or result["unreadable"]]
    caption = f"{len(results) - len(busy)} hours without traffic, until {moment(found['until'])}"
    rows = []
    for result in busy:
        shares = [share(result[name]) for name in ("coverage", "estimated_accuracy")]
        left_out = result.get("left_out", 0)  # a function of before does not say it
        repeats = result.get("repeats", 0)
        counted = result["records"] - left_out - repeats
        counts = [f"{n:,}" for n in (counted, left_out, repeats, result["unreadable"])]
        shares.append(share(find_true(result)))
        rows.append((moment(result["since"])[5:], result["model"], *counts, *shares, result["drift"]))
    return Table(
        HEAD,
        rows,
        numbers=(2, 3, 4, 5, 6, 7, 8),
        note=f"{caption}; coverage and accuracy are shares of 1, of live records; a photo counts once a day; true: of "
        "what was accepted in the week before, as people judged it",
    )


def find_true(result: Json) -> float | None:
    """A function of before does not say it."""
    truth = result.get("truth")
    return truth["accuracy"]["value"] if truth and truth["accuracy"] else None


def say_truths(found: Json) -> Iterator[str]:
    """The last hour's, of each model that somebody has judged, and of the live one."""
    truths = {result["model"]: result["truth"] for result in found["results"] if result.get("truth")}
    for model, truth in truths.items():
        yield f"{model}: {'; '.join(true_words.say(Truth.from_json(truth)))}"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def main() -> None:
    env = arguments.read_env("operations.monitor_now", __doc__)
    found = invoke(environment.outputs(env)["function_names"]["monitor"])
    out.print(table(found))
    truths = list(say_truths(found))
    for sentence in truths:
        out.print(sentence)
    moved = {result["model"]: result["moved"] for result in found["results"]}  # the last hour's say
    for model, words in moved.items():
        for sentence in words:
            out.print(f"{model}: {sentence}")
    if truths or any(moved.values()):
        out.print(metrics.SURELY)
    if found["hours_left"]:
        out.print(f"{found['hours_left']} hours are left for the next run: its time was up")


if __name__ == "__main__":
    run(main)
