"""The tests that lie beside each Terraform module, and those of the whole: run with a mocked provider."""

import pytest

from operations import package
from operations.terraform import CONFIGURATION

MODULES = sorted((CONFIGURATION / "modules").iterdir())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_keeps_what_its_own_tests_promise(module, terraform_test):
    result = terraform_test(CONFIGURATION, f"modules/{module.name}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Success! 0 passed" not in result.stdout, f"{module.name} has no tests"


def test_the_modules_are_wired_into_an_environment(terraform_test, tmp_path):
    package.build(tmp_path / "build/lambdas", package.ARCHITECTURE)
    result = terraform_test(CONFIGURATION)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Success! 0 passed" not in result.stdout
