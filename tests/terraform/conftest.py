"""How the tests here run Terraform."""

import shutil
import subprocess
from pathlib import Path

import pytest

from operations import terraform


@pytest.fixture
def terraform_test(tmp_path: Path):
    """Run `terraform test` on a folder of the configuration, in a copy: it leaves nothing in the tree."""

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        copy = tmp_path / "terraform"
        shutil.copytree(folder, copy)
        shutil.copy(terraform.CONFIGURATION / ".terraform.lock.hcl", copy)
        variables = terraform.variables("local") | {"TF_DATA_DIR": str(tmp_path / "data")}

        def call(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(command, cwd=copy, env=variables, text=True, capture_output=True)

        made = call("terraform", "init", "-backend=false", "-input=false", "-no-color")
        return made if made.returncode else call("terraform", "test", "-no-color")

    return run
