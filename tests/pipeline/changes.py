"""What somebody changes between two deployments, so that Terraform makes each call of an update once.

`prepare` before the first apply, `change` before a later one: a tag and settings are there, then they are not, and what
is written in the modules reads otherwise.
"""

import zipfile
from pathlib import Path

SETTINGS = """
alarm_email         = "oncall@example.com"
bulk                = { tolerated_failure_percent = 11 }
deletion_protection = true
fleet               = { schedule = { april = { cron = "cron(0 6 1 4 ? *)", min_instances = 1, max_instances = 2 } } }
lambda              = { reserved_concurrency = 50 }
"""
API = """
api = {
  origins             = ["https://scones.example.com"]
  programs            = ["orders", "program"]
  requests_per_second = 5
}
"""
VARIABLES, PROVIDERS = "envs/local.tfvars", "providers.tf"
MANAGED, OWNER, COST_CENTRE = 'ManagedBy   = "terraform"\n', 'Owner = "first"\n', 'CostCentre = "second"\n'
# By the file, what it says and what it says then.
EDITS = (
    (PROVIDERS, OWNER, COST_CENTRE),
    (VARIABLES, SETTINGS, ""),
    (VARIABLES, API, ""),
    ("modules/api/pool.tf", "who see every photo", "who see all photos"),
    ("modules/api/pool.tf", "ask what became of them", "ask what came of them"),
    ("modules/monitoring/schedule.tf", "cron(20 * * * ? *)", "cron(25 * * * ? *)"),
    (
        "modules/monitoring/schedule.tf",
        "{\n      Effect",
        '{\n      Sid = "LetSchedulerTakeIt"\n      Effect',
    ),
    ("modules/storage/main.tf", "Encrypts everything that", "Encrypts all that"),
    ("modules/storage/main.tf", '"EventBridgeToEncryptedQueues"', '"EventBridgeToQueues"'),
    ("modules/workflow/outcomes.tf", "which driver goes to which loading bay", "who goes where"),
)


def prepare(root: Path) -> None:
    edit(root, PROVIDERS, MANAGED, MANAGED + OWNER)
    path = root / "terraform" / VARIABLES
    path.write_text(path.read_text() + SETTINGS + API)


def change(root: Path) -> None:
    for name, before, after in EDITS:
        edit(root, name, before, after)
    with zipfile.ZipFile(root / "build/lambdas/monitor.zip", "a") as code:
        code.writestr("note.txt", "The code has changed.")


def edit(root: Path, name: str, before: str, after: str) -> None:
    path = root / "terraform" / name
    text = path.read_text()
    assert text.count(before) == 1, f"{name} has changed: it has {text.count(before)} times {before!r}"
    path.write_text(text.replace(before, after))
