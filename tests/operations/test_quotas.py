"""Bootstrap says which quotas an environment needs, before an apply or an update finds out."""

import re

import pytest

from core.console import out
from operations import quotas
from operations.quotas import Need


@pytest.fixture
def account(cloud_variables, monkeypatch) -> None:
    """A new account, which the local cloud is."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 400)


@pytest.mark.usefixtures("account")
def test_a_new_account_is_told_what_an_environment_needs_and_how_to_ask_for_it(capsys):
    quotas.show("prod")
    printed = capsys.readouterr().out
    rows = {cells[0]: cells[1:] for cells in read_table(printed)}
    needed, why, allowed, code = rows["ml.m5.large for endpoint usage"]
    assert (needed, why) == ("8", "the fleet of 6, and 2 more while an update rolls out")
    assert (allowed, code) == ("0", "L-614B09FD")
    assert (
        "\n  aws service-quotas request-service-quota-increase --region us-east-1 --service-code sagemaker "
        "--quota-code L-614B09FD --desired-value 8\n"
    ) in printed
    assert rows["ml.c5.xlarge for spot training job usage"][:3] == ["1", "make launch", "0"]
    gpu = rows["ml.g4dn.xlarge for spot training job usage"]
    assert gpu == ["1", "make launch ALGORITHM=builtin", "0", "L-944F78BB"]
    assert "--quota-code L-944F78BB --desired-value 1\n" in printed
    needed, why, allowed, code = rows["Concurrent executions"]
    assert (needed, allowed, code) == ("29", "10", "L-B99A9384")
    assert why == "16 photos, 6 batches of a bulk run, 5 calls, monitor and label at once"
    assert "--service-code lambda --quota-code L-B99A9384 --desired-value 29\n" in printed


def test_what_is_reserved_for_functions_leaves_what_lambda_keeps_back():
    settings = quotas.read_settings("staging")
    settings["lambda"]["reserved_concurrency"] = 5
    needed = {need.quota: need for need in quotas.list_needs(settings)}
    assert needed["Concurrent executions"].amount == 9 * 5 + 100
    assert needed["ml.m5.large for endpoint usage"].amount == 2 + 1


def test_an_api_that_takes_more_needs_more_functions_at_once():
    settings = quotas.read_settings("staging")
    settings["api"]["requests_per_second"] = 101
    needed = {need.quota: need for need in quotas.list_needs(settings)}
    assert needed["Concurrent executions"].amount == 16 + 2 + 11 + 2


def test_a_schedule_that_allows_more_counts():
    settings = quotas.read_settings("staging")
    settings["fleet"]["schedule"] = {"rush": {"min_instances": 4, "max_instances": 9}}
    (endpoint, *_) = quotas.list_needs(settings)
    assert endpoint.amount == 9 + 1


@pytest.mark.usefixtures("account")
def test_an_account_that_has_enough_is_told_so(capsys):
    few = [Need("lambda", "Concurrent executions", 10, "as many as there are")]
    quotas.compare(few, {"lambda": quotas.find_quotas("lambda", "us-east-1")}, "us-east-1")
    assert "The account's quotas are enough." in capsys.readouterr().out


def test_a_quota_that_aws_does_not_list_is_said():
    need = Need("sagemaker", "ml.m99.large for endpoint usage", 3, "")
    assert "AWS lists no such quota of sagemaker in us-east-1" in quotas.ask(need, None, "us-east-1")


def read_table(printed: str) -> list[list[str]]:
    return [re.split(r" {2,}", line) for line in printed.splitlines()]
