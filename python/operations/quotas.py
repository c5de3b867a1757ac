"""What an environment needs of the account's quotas, and what the account has: `make bootstrap` shows it.

New accounts often have no instance of a type, and ten functions at once; an apply finds that out after minutes, and an
update of the endpoint only months later, when it needs room for two fleets.
"""

import json
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core.console import UserError, out
from core.contract.shapes import Json
from core.environment import ENVIRONMENTS
from core.table import Table
from operations import terraform
from operations.client import IN_FLIGHT
from operations.package import FUNCTIONS
from training.containers import INSTANCES

CONCURRENCY = "Concurrent executions"
TITLE = "How many at once: instances, jobs or functions, as the quota's name says"
HOURLY = ("monitor", "label")  # functions that may still be at work when the other is started
KEPT_BACK = 100  # functions at once that Lambda lets nobody reserve
CALL_SECONDS = 0.1  # of the API, and there is room in it: HTTP APIs have no quota that it comes near
VARIABLES = ("api", "bulk", "fleet", "lambda", "region")
LISTS = (
    "list_service_quotas",
    "list_aws_default_service_quotas",
)  # the first leaves out what was never applied


@dataclass(frozen=True)
class Need:
    service: str
    quota: str  # its name, by which its code is found
    amount: int
    why: str


@dataclass(frozen=True)
class Quota:
    code: str
    allowed: float


Quotas = dict[str, dict[str, Quota]]  # by service and name


def show(env: str) -> None:
    """Print the table, and for each quota that is too small how to ask for more."""
    settings = read_settings(env)
    try:
        quotas = {service: find_quotas(service, settings["region"]) for service in ("lambda", "sagemaker")}
    except (BotoCoreError, ClientError) as error:
        out.print(f"the account's quotas cannot be read ({error}): compare them with docs/deploy.md")
        return
    compare(list(list_needs(settings)), quotas, settings["region"])


def compare(needs: list[Need], quotas: Quotas, region: str) -> None:
    out.print(table(needs, quotas))
    small = [(need, quotas[need.service].get(need.quota)) for need in needs]
    asking = [
        ask(need, quota, region) for need, quota in small if quota is None or quota.allowed < need.amount
    ]
    # Below the table, where a line can be copied.
    out.print("\n".join(["How to ask for more:", *asking]) if asking else "The account's quotas are enough.")


def table(needs: list[Need], quotas: Quotas) -> Table:
    rows = []
    for need in needs:
        quota = quotas[need.service].get(need.quota)
        allowed, code = (f"{quota.allowed:g}", quota.code) if quota else ("unknown", "")
        rows.append((need.quota, str(need.amount), need.why, allowed, code))
    return Table(("quota", "needed", "for", "allowed", "code"), rows, numbers=(1, 3), title=TITLE)


def ask(need: Need, quota: Quota | None, region: str) -> str:
    if quota is None:
        return f"  {need.quota}: AWS lists no such quota of {need.service} in {region}, look for it in the console"
    return (
        f"  aws service-quotas request-service-quota-increase --region {region} --service-code {need.service} "
        f"--quota-code {quota.code} --desired-value {need.amount}"
    )


def list_needs(settings: Json) -> Iterator[Need]:
    """What the environment's variables come to, when it is at its largest."""
    fleet, bulk, function = settings["fleet"], settings["bulk"], settings["lambda"]
    limits = [fleet, *fleet["schedule"].values()]
    most = max(it["max_instances"] for it in limits)
    # An update makes a new fleet of the configuration's size beside the old one, which may have grown.
    yield Need(
        "sagemaker",
        f"{fleet['instance_type']} for endpoint usage",
        most + fleet["min_instances"],
        f"the fleet of {most}, and {fleet['min_instances']} more while an update rolls out",
    )
    for algorithm, why in (("script", "make launch"), ("builtin", "make launch ALGORITHM=builtin")):
        yield Need("sagemaker", f"{INSTANCES[algorithm]} for spot training job usage", 1, why)
    yield Need("sagemaker", f"{INSTANCES['script']} for transform job usage", 1, "make transform")
    reserved = function["reserved_concurrency"]
    batches = bulk["max_concurrency"] or fleet["max_instances"]
    if reserved >= 0:
        count = len(FUNCTIONS)
        amount, why = (
            count * reserved + KEPT_BACK,
            f"{count} functions with {reserved} each, and {KEPT_BACK} that AWS keeps back",
        )
    else:
        calls = math.ceil(settings["api"]["requests_per_second"] * CALL_SECONDS)
        amount = IN_FLIGHT + batches + calls + len(HOURLY)
        why = f"{IN_FLIGHT} photos, {batches} batches of a bulk run, {calls} calls, {' and '.join(HOURLY)} at once"
    yield Need("lambda", CONCURRENCY, amount, why)


def find_quotas(service: str, region: str) -> dict[str, Quota]:
    """The account's quotas by name."""
    client = boto3.client("service-quotas", region_name=region)
    found: dict[str, Quota] = {}
    for listing in LISTS:
        for page in client.get_paginator(listing).paginate(ServiceCode=service):
            for it in page["Quotas"]:
                found.setdefault(it["QuotaName"], Quota(it["QuotaCode"], it["Value"]))
    if service == "lambda" and CONCURRENCY in found:
        # What Lambda itself goes by: Service Quotas may still show an account's default.
        limit = boto3.client("lambda", region_name=region).get_account_settings()["AccountLimit"]
        found[CONCURRENCY] = Quota(found[CONCURRENCY].code, limit["ConcurrentExecutions"])
    return found


def read_settings(env: str) -> Json:
    """The environment's variables with their defaults, as Terraform reads them, before there is anything."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(terraform.CONFIGURATION / "variables.tf", folder)
        shutil.copy(ENVIRONMENTS / f"{env}.tfvars", folder)
        wanted = ", ".join(f"{name} = var.{name}" for name in VARIABLES)
        done = subprocess.run(
            ["terraform", "console", f"-var-file={env}.tfvars", "-no-color"],
            cwd=folder,
            env=os.environ | {"TF_DATA_DIR": str(Path(folder, "data"))},
            input=f"jsonencode({{ {wanted} }})\n",
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise UserError(f"Terraform does not read {env}.tfvars: {' '.join(done.stderr.split())}")
    return json.loads(json.loads(done.stdout))
