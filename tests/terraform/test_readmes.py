"""Each module's README: its tables are what the code says, and its example is applied as it stands."""

import re
import shutil
from pathlib import Path

import pytest

from operations.terraform import CONFIGURATION

MODULES = sorted((CONFIGURATION / "modules").iterdir())

BLOCK = re.compile(r'^(?:variable|output) "(\w+)" \{\n(.*?)^}', re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```hcl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEST = """
mock_provider "aws" {
  source = "./mocks"
}

run "the_examples_are_applied" {}
"""


def test_the_examples_of_all_readmes_are_applied_together_as_they_stand(terraform_test, tmp_path):
    folder = tmp_path / "examples"
    shutil.copytree(CONFIGURATION / "modules", folder / "modules")
    shutil.copytree(CONFIGURATION / "tests/mocks", folder / "mocks")
    shutil.copy(CONFIGURATION / "terraform.tf", folder)
    for module in MODULES:
        (folder / f"{module.name}.tf").write_text(example(module))
    (folder / "examples.tftest.hcl").write_text(TEST)
    package = tmp_path / "build/lambdas/classify.zip"
    package.parent.mkdir(parents=True)
    package.write_bytes(b"any: nothing is uploaded")
    result = terraform_test(folder)
    assert "Success! 1 passed, 0 failed." in result.stdout, result.stdout + result.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_example_of_a_readme_shows_its_own_module(module):
    assert f'source = "./modules/{module.name}"' in example(module)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_tables_of_a_readme_are_the_inputs_and_outputs_of_its_module(module):
    readme = (module / "README.md").read_text()
    assert readme.partition("\n## Inputs\n\n")[2] == f"{inputs(module)}\n## Outputs\n\n{outputs(module)}"


def example(module: Path) -> str:
    (only,) = EXAMPLE.findall((module / "README.md").read_text())
    return only


def inputs(module: Path) -> str:
    rows = ["| name | type | default | description |", "|---|---|---|---|"]
    for name, body in BLOCK.findall((module / "variables.tf").read_text()):
        # Of an object, "object({" is enough: the example shows what is in it.
        kind, objects, _ = setting(body, "type").partition("object({")
        kind += "object" + ")" * kind.count("(") if objects else ""
        default = setting(body, "default")
        rows.append(
            f"| `{name}` | `{kind}` | {f'`{default}`' if default else 'required'} | {description(body)} |"
        )
    return "\n".join(rows) + "\n"


def outputs(module: Path) -> str:
    rows = ["| name | description |", "|---|---|"]
    for name, body in BLOCK.findall((module / "outputs.tf").read_text()):
        rows.append(f"| `{name}` | {description(body)} |")
    return "\n".join(rows) + "\n"


def description(body: str) -> str:
    text = setting(body, "description")[1:-1].replace('\\"', '"')
    return text.replace("<", "\\<")  # or Markdown takes <prefix> for HTML


def setting(body: str, name: str) -> str:
    found = re.search(rf"^  {name} += (.*)$", body, re.MULTILINE)
    return found[1] if found else ""
