"""What `make apply` says when it failed: to wait for the endpoint, if that is on its way."""

import subprocess

import pytest
from tests.operations.test_makefile import make, program, unpacked  # noqa: F401

from operations import settling


@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"])
def test_while_the_endpoint_is_on_its_way_it_is_said_to_wait_and_how_to_look(status):
    said = settling.explain({"EndpointName": "ep", "EndpointStatus": status})
    assert said
    assert f"the endpoint ep is {status}" in said
    assert "`aws sagemaker wait endpoint-in-service --endpoint-name ep`" in said
    assert "`aws sagemaker describe-endpoint --endpoint-name ep`" in said


@pytest.mark.parametrize("status", ["InService", "Failed"])
def test_of_an_endpoint_that_stays_as_it_is_there_is_nothing_to_say(status):
    assert settling.explain({"EndpointName": "ep", "EndpointStatus": status}) is None


def test_an_apply_that_failed_asks_and_fails_all_the_same(unpacked):  # noqa: F811
    asked = 'shift; echo "$@"; [ "$1" != operations.terraform ]'
    python = program(unpacked / "bin/python", asked)
    (unpacked / "build/terraform").mkdir(parents=True)
    (unpacked / "build/terraform/staging.tfplan").touch()
    result: subprocess.CompletedProcess = make(
        "-C",
        str(unpacked),
        "apply",
        "ENV=staging",
        f"BIN={python.parent}",
        "--assume-old=.venv/.installed-demo",
    )
    assert result.returncode != 0
    assert "operations.settling staging" in result.stdout.splitlines()
    assert (unpacked / "build/terraform/staging.tfplan").exists()
