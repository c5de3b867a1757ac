"""Make a trained model the one that an environment serves: a change of one file, to be reviewed and applied.

    python -m training.promote --env local --run build/model/model.tar.gz
    python -m training.promote --env prod --run build/runs/<job>.json
    python -m training.promote --env prod --run s3://<bucket>/jobs/<job>/run.json --override "known label fix"

A run is a record that training.launch wrote, or an artefact of training.train. The artefact is copied to
s3://<bucket>/models/<start of its SHA-256>/model.tar.gz, with its guideline for people beside it if it has one, and
terraform/envs/<env>.model.tfvars.json names it.
A run whose gate failed, or that is worse than the live model on the same photos, needs a reason to go live. Worse is:
less accuracy, of all answers or of those that are accepted, by more than 0.01, which is between one and two of 150
photos and a driver in a hundred at the wrong bay; or less coverage by more than 0.05, for what is not covered waits for
a person, and that is seen, and put right by a threshold.
"""

import argparse
import hashlib
import json
import math
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from core import arguments, artefacts, environment, sending
from core.artefacts import split_address
from core.console import UserError, out, run
from core.contract import guideline
from core.contract.model_id import artefact_key, identify
from core.table import Table
from training import containers

ACCURACIES = ("test_accuracy", "validation_accuracy")  # the first that both models have is compared
ACCEPTING = ("coverage", "selective_accuracy")  # at the threshold
MARGIN, COVERAGE_MARGIN = 0.01, 0.05  # that may be lost
UNITS = "Accuracy and coverage are shares of 1, thresholds are probabilities."
RECORD_KEYS = ("job", "image", "environment", "labels", "dataset_id", "metrics", "gate_passed")
MODEL_KEYS = (
    "artefact",
    "sha256",
    "image",
    "environment",
    "labels",
    "dataset_id",
    "metrics",
    "run",
    "override_reason",
)
MORE_KEYS = ("recipe", "guideline")  # which models of earlier versions do not have


def read_arguments() -> argparse.Namespace:
    parser = arguments.Parser(prog="training.promote", description="Make a model the live one.")
    add = parser.add_argument
    add("--env", required=True)
    add("--run", required=True, help="a run record or a model.tar.gz, here or in S3")
    add("--bucket", help="instead of the environment's output `bucket`")
    add("--margin", type=float, default=MARGIN, help="accuracy that may be lost (%(default)s)")
    add(
        "--coverage-margin",
        type=float,
        default=COVERAGE_MARGIN,
        help="coverage that may be lost (%(default)s)",
    )
    add("--override", metavar="REASON", help="promote a run that would be refused; the reason is recorded")
    return parser.parse_args()


def main() -> None:
    args = read_arguments()
    environment.check(args.env)
    path = environment.model_file(args.env)
    live = read_live(path)
    bucket = args.bucket or environment.outputs(args.env)["bucket"]
    record, artefact = read_run(args.run, artefacts.bucket_region(bucket))
    sha256 = hashlib.sha256(artefact).hexdigest()
    model = {key: record[key] for key in ("image", "environment", "labels", "dataset_id")} | {
        "artefact": f"s3://{bucket}/{artefact_key(identify(sha256))}",
        "sha256": sha256,
        "metrics": figures(record["metrics"], args.run),
        "run": record["job"],
        "override_reason": None,
    }
    if recipe := record.get("recipe") or record["metrics"].get("recipe"):
        model["recipe"] = recipe
    is_ours = record["environment"] == artefacts.SCRIPT_ENVIRONMENT  # and not the built-in algorithm's
    shown = read_guideline(artefact, args.run) if is_ours else None
    if shown is not None:
        model["guideline"] = True

    out.print(comparison(live, model))
    if live and live["sha256"] == sha256:
        model["override_reason"] = live["override_reason"]
    elif faults := objections(live, model, record["gate_passed"], args.margin, args.coverage_margin):
        if not args.override:
            raise UserError(
                f"{args.run} is refused: {'; '.join(faults)} (--override REASON promotes it anyway)"
            )
        model["override_reason"] = args.override

    store(artefact, model["artefact"])
    if shown is not None:
        store(shown, f"{model['artefact'].rpartition('/')[0]}/{guideline.NAME}")
    if model == live:
        out.print(f"{path} names this model already: nothing changed")
        return
    write(path, model)
    out.print(f"{path} names {model['artefact']} now: see what follows with make plan ENV={args.env}")


def read_live(path: Path) -> dict | None:
    """The model that the environment's file names, if there is one yet."""
    if not path.exists():
        return None
    try:
        model = json.loads(path.read_text())["model"]
        return {key: model[key] for key in (*MODEL_KEYS, *(it for it in MORE_KEYS if it in model))}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is broken ({error!r}): take it back from version control") from error


def read_run(location: str, region: str) -> tuple[dict, bytes]:
    """The record of a run and its artefact. An artefact of train.py is its own record."""
    try:
        if location.endswith(".tar.gz"):
            artefact = artefacts.read(location)
            metrics = artefacts.read_member(artefact, "metrics.json", location)
            containers.warn(containers.SERVING)
            record = {
                "job": "/".join(Path(location).parts[-2:]),
                "image": containers.SERVING.address(region),
                "environment": artefacts.SCRIPT_ENVIRONMENT,
                "labels": artefacts.read_member(artefact, "labels.json", location),
                "dataset_id": metrics["dataset_id"],
                "metrics": metrics,
                "gate_passed": True,  # train.py leaves no artefact otherwise
            }
            return record, artefact
        record = json.loads(artefacts.read(location))
        known = {key: record[key] for key in RECORD_KEYS} | {"recipe": record.get("recipe")}
        return known, artefacts.read(record["artefact"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{location} is neither a run record nor a model artefact ({error!r})") from error


def read_guideline(artefact: bytes, location: str) -> bytes | None:
    """What people are shown. An artefact of an earlier version has none."""
    if not artefacts.holds(artefact, guideline.NAME, location):
        return None
    content = artefacts.read_member(artefact, guideline.NAME, location, guideline.LIMIT)
    if not guideline.is_one(content):
        raise UserError(f"{location} has a {guideline.NAME} that is none: train the model again")
    return json.dumps(content).encode()


def figures(metrics: dict, location: str) -> dict[str, float]:
    """The metrics that are plain numbers."""
    plain = {name: value for name, value in metrics.items() if type(value) in (int, float)}
    if broken := [name for name, value in plain.items() if not math.isfinite(value)]:
        raise UserError(f"{location} has metrics that are not finite numbers: {', '.join(broken)}")
    return plain


def comparison(live: dict | None, model: dict) -> Table:
    old, new = live["metrics"] if live else {}, model["metrics"]
    recipes = live.get("recipe") if live else None, model.get("recipe")
    rows = [("recipe", *(recipe or "-" for recipe in recipes), "")] if any(recipes) else []
    for name in new | old:
        change = f"{new[name] - old[name]:+.4g}" if name in new and name in old else ""
        rows.append((name, show(old.get(name)), show(new.get(name)), change))
    return Table(("metric", "live", "new", "change"), rows, numbers=(1, 2, 3), note=UNITS)


def show(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.4f}" if isinstance(figure, float) else str(figure)


def objections(
    live: dict | None, model: dict, gate_passed: bool, margin: float, coverage_margin: float
) -> list[str]:
    """Why the model should not go live. Figures are compared on the same photos only."""
    faults = [] if gate_passed else ["its gate failed"]
    if live is None:
        return faults
    old, new = live["metrics"], model["metrics"]
    shared = [name for name in ACCURACIES if name in old and name in new]
    if live["dataset_id"] != model["dataset_id"] or not shared:
        out.print("The live model was measured on other photos or in another way: not compared.")
        return faults
    margins = {shared[0]: margin}
    # Of a model that accepts nothing there is no accuracy of what it accepts: its coverage says enough.
    accepting = [name for name in ACCEPTING if name in old and name in new]
    if accepting and old.get("threshold") == new.get("threshold"):
        margins |= {name: coverage_margin if name == "coverage" else margin for name in accepting}
    elif accepting:
        out.print("The live model was measured at another threshold: what they accept is not compared.")
    return faults + [
        f"its {name} of {new[name]:.4f} is worse than the live model's {old[name]:.4f} by more than {most:g}"
        for name, most in margins.items()
        if round(old[name] - new[name], 6) > most
    ]


def store(content: bytes, uri: str) -> None:
    """Put it where Terraform will look for it, unless it is there."""
    bucket, key = split_address(uri)
    try:
        sending.add(boto3.client("s3"), bucket, key, content)
    except ClientError as error:
        raise UserError(f"{uri} cannot be written: {error}") from error


def write(path: Path, model: dict) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps({"model": model}, indent=2, sort_keys=True) + "\n")
    partial.replace(path)


if __name__ == "__main__":
    run(main)
