"""What Terraform would do of which its plan says nothing: programs that it runs, providers that read what they like."""

import re
from collections.abc import Iterator, Mapping

from core.contract.shapes import Json
from core.terraform_code import hcl_blocks
from delivery import modules

# Whose resources say in a plan what they do.
PROVIDERS = ("registry.terraform.io/hashicorp/aws", "terraform.io/builtin/terraform")

# What makes other things of a text that no rule reads, or runs something.
MAKES_MORE = re.compile(
    r"aws_(cloudcontrolapi_resource|cloudformation_stack\w*|lambda_invocation|serverlessapplicationrepository_\w+"
    r"|servicecatalog_provisioned_product)"
)


def find(configuration: Json, code: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each; `configuration` is what Terraform calls so."""
    for place, module in modules.walk(configuration["root_module"]):
        for it in module.get("resources", []):
            if MAKES_MORE.fullmatch(it["type"]):
                yield f"{place}{it['address']} makes or runs what no plan shows: write out what it is for"
            for found in it.get("provisioners", []):
                yield f"{place}{it['address']} runs {found['type']}, and no plan says what that does: leave it out"
    for path, text in code.items():
        for block in hcl_blocks.read(text) if path.endswith(".tf") else []:
            # Terraform's JSON has neither.
            if block.head[0] == "ephemeral":
                what = ".".join(block.head)
                yield f"{path} opens {what} when it is planned, and no plan says what that reads: leave it out"
            if block.head == ("removed",) and any(block.find("provisioner")):
                what = ", ".join(it.value for it in block.find("from"))
                yield f"{path} runs something where it removes {what}, and no plan says what that does: leave it out"
    for provider in configuration.get("provider_config", {}).values():
        if (name := provider.get("full_name", PROVIDERS[0])) not in PROVIDERS:
            yield f"the code uses {name}, and no rule knows what that reads or runs: leave it out"
