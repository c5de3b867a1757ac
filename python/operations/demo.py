"""The whole product on this machine, in minutes: `python -m operations.demo [--dataset sample|cifar100|ARCHIVE]`.

The same Terraform, state machine, zips and model that go to AWS run in a local cloud that lives as long as this
command. It works in build/demo, or another folder that --out names, on a copy of terraform/, and leaves a report there
and nothing running; with --keep cloud and console run until Ctrl-C.
"""

import contextlib
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.text import Text

from core import arguments
from core.console import UserError, out, run
from core.contract.answer_kinds import EVALUATION, LIVE
from core.contract.outcomes import ACCEPTED, REVIEW
from core.table import Table
from localcloud.server import running
from operations import demo_loop, demo_people, evaluation, terraform, workplace
from operations.client import Client, Outcome, Photo, directions, reason_for_review
from operations.demo_steps import interrupt, quietly, seconds, step, visibly
from operations.ends import GARBAGE
from operations.verify import verify
from operations.workplace import ROOT
from training import dataset

FOLDER = ROOT / "build/demo"
DRIVERS = 12


def main() -> None:
    parser = arguments.Parser(prog="operations.demo")
    parser.add_argument("--dataset", default="sample", help="what training.stage takes as --source")
    parser.add_argument(
        "--out", type=Path, default=FOLDER, help="an empty or new folder to work in (build/demo)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave cloud and console running until Ctrl-C, to try them"
    )
    parser.add_argument(
        "--loop",
        action="store_true",
        help="let a camera change, and the next model cope with it: docs/loop.md",
    )
    options = parser.parse_args()
    terraform.check_installed()
    source = options.dataset
    if source not in ("sample", "cifar100") and not source.startswith("s3://"):
        source = str(Path(source).resolve())  # the work is done in another folder
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends everything as Ctrl-C does
    folder = prepare(options.out.resolve())
    if options.loop:
        demo_loop.prepare(Path.cwd())

    pace = demo_loop.PACE if options.loop else 1
    with contextlib.ExitStack() as stack:
        step("Stage the photos")
        visibly("training.stage", "--source", source, "--out", folder / "data")
        if options.loop:
            demo_loop.set_aside(folder / "data", folder / "aside")
        step("Zip the Lambda functions")
        quietly("operations.package", "--out", "build/lambdas")
        step("Start the local cloud")
        workplace.use_cloud(stack.enter_context(running(folder / "localcloud.log", pace)))

        step("Train the model, while Terraform makes everything but the endpoint")
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(interrupt)
        infrastructure = pool.submit(first_deployment)
        # The small network even on photographs: it is trained in a minute, and needs nothing installed.
        recipe = ("--recipe", "small", "--members", "1", "--folds", "1")
        visibly("training.train", "--data", folder / "data", "--out", folder / "model", *recipe)
        with out.status("terraform apply"):
            infrastructure.result()
        verify("local")

        step("Promote the model, and let Terraform add its endpoint")
        quietly("training.promote", "--env", "local", "--run", folder / "model/model.tar.gz")
        with out.status("terraform apply"):
            workplace.apply(quietly)
        verify("local")

        step(f"Drop {DRIVERS} photos into incoming/, and some garbage")
        client = Client("local")
        outcomes = list(client.route([*some_photos(folder), *GARBAGE]))
        out.print(outcome_table(outcomes))

        step("Decide what waits, as a person does: sign in, lease, say what it is")
        demo_people.decide(outcomes, read_truth(folder))

        step("Send the whole test set through the deployed workflow")
        # Beside a camera that changes they are no drivers' photos: what is captured is then all of that camera.
        kind = EVALUATION if options.loop else LIVE
        figures, truth = evaluation.evaluate(Client("local", kind=kind), folder / "data")
        out.print(evaluation.table(figures))

        step("Look at what was captured: has anything drifted?")
        visibly("operations.monitor_now", "local")

        step("Check that a second plan is empty")
        with out.status("terraform plan"):
            quietly("operations.terraform", "local", "plan", "-input=false", "-detailed-exitcode")
        out.print("no changes")

        if options.loop:
            _, truth = demo_loop.close(folder / "data", folder / "aside", figures, truth)

        step("Write the report")
        evaluation.write_truth(truth, folder / "truth.jsonl")
        report = folder / "report"
        visibly("report", "--env", "local", "--truth", folder / "truth.jsonl", "--out", report)

        if options.keep:
            step("Leave everything to you")
            demo_people.leave()
            return
        step("Tear everything down")
        with out.status("terraform destroy"):
            quietly("operations.destroy", "local")
        out.print("nothing is left")
    page = report / "report-local.html"
    shown = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    out.print(f"\nDone in {seconds():.0f} s. The report: {shown}")


def prepare(folder: Path) -> Path:
    """Make the folder, and go to the project's copy in it: all commands run there."""
    if folder == FOLDER.resolve():  # nothing else is removed, it may be anybody's
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty: name another folder with --out")
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}: name another folder with --out") from error
    project = folder / "project"
    workplace.copy(project)
    os.chdir(project)
    return folder


def first_deployment() -> None:
    workplace.bootstrap(quietly)
    workplace.apply(quietly)


def some_photos(folder: Path) -> list[Photo]:
    names = dataset.load(folder / "data", "test").names[:DRIVERS]
    return [Photo(name, (folder / "data/test" / name).read_bytes()) for name in names]


def read_truth(folder: Path) -> dict[str, str]:
    """What the test photos show, by their names."""
    split, classes = dataset.load(folder / "data", "test"), dataset.read_info(folder / "data")["classes"]
    return {name: classes[label] for name, label in zip(split.names, split.labels, strict=True)}


def outcome_table(outcomes: list[Outcome]) -> Table:
    rows = []
    for result in sorted(outcomes, key=lambda o: (o.kind, o.photo.name)):
        colour = {ACCEPTED: "green", REVIEW: "yellow"}.get(result.kind, "red")
        kind = Text(result.kind, style=colour)
        rows.append((result.photo.name, kind, consequence(result), f"{result.seconds:.2f}"))
    return Table(("photo", "outcome", "what follows", "after (s)"), rows, numbers=(3,))


def consequence(result: Outcome) -> str:
    if result.kind == ACCEPTED:
        return f"{result.output['label']} {result.output['confidence']:.3f}: {directions(result)}"
    if result.kind == REVIEW:
        return f"{reason_for_review(result)}: the photo waits for a person"
    return result.error


if __name__ == "__main__":
    run(main)
