"""How the tests here run Terraform."""

import shutil
import subprocess
from pathlib import Path

import pytest

from operations import terraform


@pytest.fixture(scope="session")
def terraform_variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Those with which Terraform is run, and what they name lies elsewhere than in the user's build/."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terraform, "BUILD", tmp_path_factory.mktemp("build"))
        return terraform.variables("local")


@pytest.fixture
def terraform_test(tmp_path: Path, terraform_variables: dict[str, str]):
    """Run `terraform test` on a folder of the configuration, in a copy: it leaves nothing in the tree."""

    def run(root: Path, module: str = ".", *options: str) -> subprocess.CompletedProcess[str]:
        copy = tmp_path / "terraform" / module
        shutil.copytree(root, tmp_path / "terraform")
        shutil.copy(terraform.CONFIGURATION / ".terraform.lock.hcl", copy)
        variables = terraform_variables | {"TF_DATA_DIR": str(tmp_path / "data")}

        def call(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(command, cwd=copy, env=variables, text=True, capture_output=True)

        made = call("terraform", "init", "-backend=false", "-input=false", "-no-color")
        return made if made.returncode else call("terraform", "test", "-no-color", *options)

    return run
