"""What people do wrong, a row each: the command, what is wrong with it, and what the one line says that they get.

A new mistake is added here. Whatever it is, nothing is half-written, and the status is not 0.
"""

from pathlib import Path

import pytest
from tests.mistakes.conftest import Make

NEW = "the local cloud is new: make bootstrap plan apply"
NO_FOLDER = "is not a folder: make upload FOLDER=photos PREFIX=archive/2025/"
NOT_ARCHIVED = "does not start with archive/: make upload FOLDER=photos PREFIX=archive/2025/"
NO_CREDENTIALS = "AWS needs to know who you are (Unable to locate credentials): sign in"
NO_PHOTO = "is not a file: name a photo, as in make classify IMAGE=photo.png"
NOT_STAGED = "is not a staged data set (no dataset.json): make one with `make stage`"
UNCONFIRMED = "say so with make destroy ENV=prod CONFIRM=prod"
MISTAKES = [
    # In a local cloud in which nobody has made anything.
    ("alarms", NEW),
    ("bulk|PREFIX=archive/x/", NEW),
    ("capture", NEW),
    ("upload|FOLDER=photos|PREFIX=archive/x/", NEW),
    ("classify|IMAGE=photo.png", NEW),
    ("client", NEW),
    ("console", NEW),
    ("dataset", NEW),
    ("dataset|DATA=-x|EXCLUDE=-x, it's $HOME", NEW),
    ("deployments", NEW),
    ("drift|PREBUILT=1", NEW),
    ("evaluate", NEW),
    ("invite|EMAIL=anna@example.com|ROLE=reviewer", NEW),
    ("launch", NEW),
    ("monitor", NEW),
    ("photo|ID=incoming/photo.png", NEW),
    ("photos", NEW),
    ("decide|ID=incoming/photo.png|LABEL=bicycle", NEW),
    ("decide|ID=incoming/photo.png|LABEL=other|VEHICLE=cargo bike", NEW),
    ("forget|ID=incoming/photo.png", NEW),
    ("labels", NEW),
    ("withdraw|ID=x|REASON=it's a test", NEW),
    ("notify", NEW),
    ("plan|PREBUILT=1", NEW),
    ("promote", NEW),
    ("report", NEW),
    ("retrain", NEW),
    ("token", NEW),
    ("token|WHO=no $HOME, it's x", NEW),
    ("transform|PREFIX=archive/x/", NEW),
    ("unlock|LOCK=x", NEW),
    ("verify", NEW),
    # In no environment, or in one that nobody let them into.
    (
        "verify|ENV=nowhere",
        "there is no environment 'nowhere': choose from local, nested, prod, staging, unknown",
    ),
    (
        "verify|CLOUD_PORT=1",
        "nothing answers at AWS_ENDPOINT_URL=http://127.0.0.1:1: start the local cloud with",
    ),
    (
        "verify|CLOUD_PORT=abc",
        "AWS_ENDPOINT_URL=http://127.0.0.1:abc has no port: set CLOUD_PORT to a number from 1",
    ),
    (
        "plan|PREBUILT=1|CLOUD_PORT=99999",
        "127.0.0.1:99999 has no port: set CLOUD_PORT to a number from 1 to 65535",
    ),
    ("plan|ENV=staging|PREBUILT=1", NO_CREDENTIALS),
    ("verify|ENV=staging", NO_CREDENTIALS),
    ("token|ENV=staging", NO_CREDENTIALS),
    ("console|ENV=staging", NO_CREDENTIALS),
    ("invite|ENV=staging|EMAIL=anna@example.com|ROLE=lead", NO_CREDENTIALS),
    ("unlock|ENV=staging", NO_CREDENTIALS),
    ("destroy|ENV=staging|CONFIRM=staging", NO_CREDENTIALS),
    ("bootstrap|ENV=staging|GITHUB_REPOSITORY=scones/routing", NO_CREDENTIALS),
    ("alarms|ENV=staging", "You must specify a region: set AWS_REGION, as in AWS_REGION=us-east-1"),
    ("deployments|ENV=staging|AWS_PROFILE=nope", "The config profile (nope) could not be found: name one of"),
    ("bootstrap|ENV=staging", "which repository may deploy is not known: name it, as in GITHUB_REPOSITORY="),
    ("apply|ENV=staging", "there is no plan for staging: make one with make plan ENV=staging"),
    ("approve", "there is no plan for local: make one with make plan ENV=local"),
    ("destroy|ENV=prod", UNCONFIRMED),
    ("destroy|ENV=prod|CONFIRM=staging", UNCONFIRMED),
    ("destroy|ENV=prod|CONFIRM=-x", UNCONFIRMED),
    ("unlock|LOCK=-x", NEW),
    # In settings.
    (
        "plan|ENV=unknown|PREBUILT=1",
        "envs/unknown.tfvars, line 3: there is no setting treshold (did you mean threshold?)",
    ),
    (
        "plan|ENV=nested|PREBUILT=1",
        "envs/nested.tfvars, line 3: there is no setting fleet.min_instance (did you mean min_instances?)",
    ),
    # Of people.
    (
        "invite",
        "say whom: make invite EMAIL=anna@example.com ROLE=reviewer, or EMAIL=bay-1 ROLE=arrivals for a device",
    ),
    ("invite|ROLE=lead", "say whom: make invite EMAIL=anna@example.com ROLE=reviewer, or EMAIL=bay-1"),
    ("invite|EMAIL=anna@example.com", "ROLE= is no role: choose from arrivals, reviewer, lead"),
    (
        "invite|EMAIL=anna@example.com|ROLE=it's $HOME",
        "ROLE=it's $HOME is no role: choose from arrivals, reviewer, lead",
    ),
    ("invite|EMAIL=anna@|ROLE=lead", "EMAIL=anna@ is no address, as anna@example.com is"),
    ("invite|EMAIL=-x|ROLE=lead", "EMAIL=-x is no address, and no name of a device: it has letters, digits"),
    ("invite|EMAIL=no $HOME, it's x|ROLE=lead", "EMAIL=no $HOME, it's x is no address, and no name of a"),
    # Of photos.
    ("classify", f"'' {NO_PHOTO}"),
    ("classify|IMAGE=no $HOME, it's 'é.png'", f"\"no $HOME, it's 'é.png'\" {NO_PHOTO}"),
    ("classify|IMAGE=-x", f"'-x' {NO_PHOTO}"),
    ("classify|IMAGE=terraform", f"'terraform' {NO_PHOTO}"),
    ("classify|IMAGE=photo.webp", "photo.webp: it is in the format WebP: save it as JPEG"),
    ("classify|IMAGE=text.png", "text.png: 4 bytes that are neither a PNG nor a JPEG image"),
    ("upload|FOLDER=photos", f"prefix '' {NOT_ARCHIVED}"),
    ("upload|FOLDER=photos|PREFIX=photos of $HOME/", f"prefix 'photos of $HOME/' {NOT_ARCHIVED}"),
    ("upload|FOLDER=photos|PREFIX=incoming/2025/", "would route a driver for each photo: take archive/..."),
    ("upload|PREFIX=archive/x/", f"'' {NO_FOLDER}"),
    ("upload|FOLDER=no $HOME, it's 'é|PREFIX=archive/x/", f"\"no $HOME, it's 'é\" {NO_FOLDER}"),
    ("upload|FOLDER=photo.png|PREFIX=archive/x/", f"'photo.png' {NO_FOLDER}"),
    ("upload|FOLDER=empty folder|PREFIX=archive/x/", "there is no file in empty folder: name a folder with"),
    ("upload|FOLDER=no photos|PREFIX=archive/x/", "there is no photo in no photos: "),
    ("upload|FOLDER=terraform/envs|PREFIX=archive/x/", "there is no photo in terraform/envs: "),
    ("bulk", "say which photos: make bulk PREFIX=archive/2026/, or RETRY=<run>"),
    ("bulk|PREFIX=photos of $HOME/", "prefix 'photos of $HOME/' does not start with archive/ or incoming/"),
    ("bulk|PREFIX=-x", "prefix '-x' does not start with archive/ or incoming/"),
    ("bulk|RETRY=-x", NEW),
    ("bulk|MANIFEST=no $HOME, it's 'é.json'", "it's 'é.json'\" cannot be read: No such file"),
    ("bulk|MANIFEST=-x", "manifest '-x' cannot be read: No such file or directory"),
    ("bulk|MANIFEST=text.png", "manifest 'text.png' is no JSON list: it does not begin with ["),
    ("bulk|MANIFEST=s3://lists", "manifest 's3://lists' is not s3://bucket/key"),
    ("bulk|MANIFEST=s3://lists/new.json", NEW),
    ("bulk|PREFIX=archive/x/|ARGS=--out no/r.jsonl", "--out 'no/r.jsonl' is in a folder that does not exist"),
    ("bulk|PREFIX=archive/x/|ARGS=--out photos", "--out 'photos' is no file: name one, or - for standard"),
    ("transform|PREFIX=-x", "prefix '-x' does not start with archive/ or incoming/"),
    ("transform", "say which photos: make transform PREFIX=archive/2026/"),
    ("loadgen", f"build/data/sample {NOT_STAGED}"),
    ("loadgen|RATE=0", "--rate takes photos a second, as in 5 or 0.5, not '0'"),
    ("loadgen|RATE=-1", "--rate takes photos a second, as in 5 or 0.5, not '-1'"),
    ("loadgen|DURATION=-1s", "--duration takes seconds, minutes or hours, as in 60s, 5m or 2h, not '-1s'"),
    ("loadgen|DATA=-x", f"-x {NOT_STAGED}"),
    ("evaluate|DATA=-x", NEW),
    ("loadgen|DURATION=1x", "--duration takes seconds, minutes or hours, as in 60s, 5m or 2h, not '1x'"),
    ("dataset|SINCE=it's $HOME", "it's $HOME is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z"),
    ("difference", "there is no build/data/local: make a version with make dataset ENV=local, or name one"),
    ("difference|TO=no $HOME, it's 'é", "TO=no $HOME, it's 'é is neither a data set's folder nor an id, as"),
    (
        "difference|TO=-x|FROM=-x",
        "TO=-x is neither a data set's folder nor an id, as 0123456789abcdef is one",
    ),
    ("difference|TO=0123456789abcdef", NEW),
    # Of models.
    ("stage|DATASET=it's nope", "--source it's nope is neither cifar100 nor sample nor an archive, a folder"),
    ("stage|DATASET=-x", "--source -x is neither cifar100 nor sample nor an archive, a folder or a manifest"),
    (
        "stage|DATASET=empty folder/",
        "empty folder has no photos in it that a class could be told of: it needs",
    ),
    (
        "stage|DATASET=photos",
        "photos has no photos in it that a class could be told of: it needs a folder per",
    ),
    (
        "stage|DATASET=one class",
        "car: two or more different classes are needed, each with photos in a folder of",
    ),
    ("stage|DATASET=classes", "the class 'Fire Truck' cannot be the label of a route: rename it with"),
    (
        "stage|DATASET=classes|ARGS=--classes car,van",
        "there are no photos of 'van': there are Fire Truck, car",
    ),
    ("stage|DATASET=list.csv", "list.csv has file, kind: it needs a column path and a column label, as in"),
    ("stage|DATASET=s3://bucket", "s3://bucket names a bucket and no file in it"),
    ("stage|DATASET=sample|ARGS=--classes car,van", "the source has no class 'van'; the nearest are car"),
    ("train|DATA=-x", f"-x {NOT_STAGED}"),
    ("promote|RUN=-x", NEW),
    ("train|DATA=it's nope", f"it's nope {NOT_STAGED}"),
    ("retrain|DATA=-x|ON=it's there", 'argument --on: invalid choice: "it\'s there" (choose from'),
    (
        "retrain|DATA=-x|OVERRIDE=-x, it's $HOME",
        "local has no model to compare with: train the first by make",
    ),
    (
        "launch|ALGORITHM=magic",
        "argument --algorithm: invalid choice: 'magic' (choose from 'script', 'builtin')",
    ),
    ("package|ARCHITECTURE=riscv", "argument --architecture: invalid choice: 'riscv'"),
    ("rollback", "not a git repository (or any of the parent directories): .git: run this in a clone"),
    # Of what they want to see.
    ("capture|FROM=no $HOME", "no $HOME cannot be read as a folder, a file or s3://bucket/prefix: "),
    (
        "capture|FROM=photos|SINCE=it's 1x",
        "it's 1x is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z",
    ),
    ("capture|FROM=photos|SINCE=-1d", "-1d is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z"),
    ("report|FROM=photos|SINCE=-1d", "-1d is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z"),
    ("report|FROM=no $HOME", "no $HOME cannot be read as a folder, a file or s3://bucket/prefix: "),
    ("deployments|LAST=0", "LAST=0 shows nothing: give a number from 1"),
    ("deployments|LAST=-1", "LAST=-1 shows nothing: give a number from 1"),
    ("deployments|LAST=x", "argument --last: invalid int value: 'x' (delivery.deployments --help says more)"),
    (
        "photo",
        "ID= names no photo: an id is 64 hex digits, as captures and make photos have it, and a key is like",
    ),
    ("photo|ID=no $HOME, it's x", "ID=no $HOME, it's x names no photo: an id is 64 hex digits"),
    ("labels|SINCE=-1d", "-1d is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z"),
    ("withdraw|REASON=a test", "ID= names what is withdrawn: a label, a photo, or a person's sub"),
    ("withdraw|ID=x", "REASON= says why: make withdraw ID=... REASON="),
    ("decide", "ID= names no photo: an id is 64 hex digits"),
    ("decide|ID=-x|LABEL=bicycle", "ID=-x names no photo: an id is 64 hex digits"),
    ("decide|ID=incoming/photo.png|LABEL=other", "LABEL=other needs what it is, as in VEHICLE='cargo bike'"),
    (
        "decide|ID=incoming/photo.png|LABEL=bicycle|VEHICLE=it's $HOME",
        "VEHICLE=it's $HOME goes with LABEL=other alone",
    ),
    (
        "decide|ID=incoming/photo.png|LABEL=bicycle|BY=model",
        "BY=model decides nothing: choose from person, driver",
    ),
    ("decide|ID=incoming/photo.png|LABEL=bicycle|BY=-x", "BY=-x decides nothing: choose from person, driver"),
    (
        "photos|STATE=routed",
        "STATE=routed lists nothing: choose from claimed, waiting, failed, untold; a photo that",
    ),
    ("photos|STATE=-x", "STATE=-x lists nothing: choose from claimed, waiting, failed, untold"),
    ("photos|ENV=staging", "You must specify a region: set AWS_REGION, as in AWS_REGION=us-east-1"),
    ("cost|ARGS=--prices nope", "the prices in nope cannot be read: No such file or directory"),
    ("bench|COMPARE=-x", "-x cannot be read"),
    ("bench|ONLY=nothing", "there is no row 'nothing': choose from bulk, single"),
    ("cloud|CLOUD_PORT=99999", "--port 99999 is not a port: give a number from 0 to 65535"),
    ("cloud|PACE=0", "--pace 0.0 is no pace: give a number above 0, at most 600"),
    ("comment", "there is no build/plans/local/review.md: make it with make plan ENV=local"),
    ("occasion", "GITHUB_EVENT_NAME is not set: GitHub Actions sets it, elsewhere set it by hand"),
]


@pytest.mark.parametrize(("command", "said"), MISTAKES, ids=[command for command, _ in MISTAKES])
def test_a_mistake_is_answered_in_one_line(make: Make, project: Path, command: str, said: str) -> None:
    before = files(project)
    done = make(*command.split("|"))
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, done.stderr + done.stdout
    assert lines[0].startswith("error: ")
    assert said in lines[0]
    assert done.returncode != 0
    assert files(project) == before, "something was half-written"


def files(project: Path) -> set[Path]:
    """All but what commands keep for themselves: their steps, and Terraform's settings."""
    return {path for path in project.rglob("*") if path.is_file() and "build/" not in path.as_posix()}
