"""Settings that no variable knows are refused by name: Terraform would do without them, and say little or nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.console import UserError
from operations import misspelt, terraform, workplace
from training.promote import MODEL_KEYS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """The project's code, whose settings a test changes."""
    workplace.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said_of(text: str, name: str = "staging.tfvars") -> str:
    Path("terraform/envs", name).write_text(text)
    with pytest.raises(UserError) as said:
        misspelt.check(Path("terraform"), terraform.settings("staging"))
    return str(said.value)


def test_the_project_s_own_settings_are_known():
    environments = sorted((ROOT / "terraform/envs").glob("*.tfvars"))
    assert len(environments) == 3
    misspelt.check(ROOT / "terraform", environments)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("treshold = 0.5\n", "line 1: there is no setting treshold (did you mean threshold?)"),
        (
            '# the fleet\nprefix = "x"\nfleet = { min_instance = 2 }\n',
            "line 3: there is no setting fleet.min_instance (did you mean min_instances?)",
        ),
        (
            'fleet = {\n  schedule = {\n    day = {\n      cron = "a"\n      timezne = "UTC"\n    }\n  }\n}\n',
            "line 5: there is no setting fleet.schedule.day.timezne (did you mean timezone?)",
        ),
        (
            'routes = {\n  bicycle = { loading_bay = "A", max_distance = 3 }\n}\n',
            "line 2: there is no setting routes.bicycle.max_distance (did you mean max_distance_km?)",
        ),
        ('bulk = { "batch_sizes" : 3 }\n', "there is no setting bulk.batch_sizes (did you mean batch_size?)"),
        (
            "rollout = { zzz = 1 }\n",
            "there is no setting rollout.zzz (there is step_percent, type, wait_seconds)",
        ),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_misspelt_setting_is_named_with_its_line_and_the_nearest_name(text, place):
    said = said_of(text)
    assert said.startswith("terraform/envs/staging.tfvars, line ")
    assert said.endswith(place)


@pytest.mark.usefixtures("project")
def test_all_of_them_are_named_at_once():
    said = said_of("treshold = 1\nfleet = { min_instance = 2, max_instances = 3, types = [] }\n")
    assert said.count("there is no setting") == 3
    assert "\n" not in said


@pytest.mark.parametrize(
    "text",
    [
        'alarm_email = "treshold = 1" # treshold = 2\n/* treshold = 3 */\nbudget_usd = 5\n',
        'retention_days = { whatever = 5 }\nroutes = { van = { loading_bay = "C", max_distance_km = 9 } }\n',
        "fleet = null\nbulk = {}\n",
        "alarm_email = <<-END\n  treshold = 1\n  END\n",
        "fleet { min_instance = 2 }\n",
        "fleet = {\n",
        "= 1\n{}\n",
        "",
    ],
    ids=["strings and comments", "maps", "nothing", "heredoc", "block", "unfinished", "broken", "empty"],
)
def test_names_of_the_user_s_own_and_what_terraform_refuses_are_let_pass(project, text):
    path = project / "terraform/envs/staging.tfvars"
    path.write_text(text)
    misspelt.check(project / "terraform", [path])


@pytest.mark.usefixtures("project")
def test_the_model_s_file_is_read_too_and_may_hold_what_promote_writes():
    model: dict[str, object] = dict.fromkeys(MODEL_KEYS, "x") | {
        "environment": {"ANY": "y"},
        "metrics": {"any": 1},
    }
    name = "staging.model.tfvars.json"
    Path("terraform/envs", name).write_text(json.dumps({"model": model}, indent=2))
    misspelt.check(Path("terraform"), terraform.settings("staging"))
    said = said_of(json.dumps({"model": model | {"lables": []}}, indent=2, sort_keys=True), name)
    assert f"{name}, line " in said
    assert "there is no setting model.lables (did you mean labels?)" in said


@pytest.mark.parametrize("verb", ["init", "plan", "refresh", "destroy"])
def test_terraform_is_not_started_on_them(project, verb):
    (project / "terraform/envs/local.tfvars").write_text("treshold = 0.5\n")
    command = [sys.executable, "-m", "operations.terraform", "local", verb]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "error: terraform/envs/local.tfvars, line 1: there is no setting treshold (did you mean threshold?)\n"
    )
