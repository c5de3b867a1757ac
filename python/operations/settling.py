"""Say what an apply that failed has to wait for: `python -m operations.settling ENV`, which `make apply` calls then.

Terraform stops when an update of the endpoint goes back, and AWS refuses the next one until it is back. Whatever else
made the apply fail, Terraform has said, and nothing is added.
"""

import boto3
from botocore.exceptions import ClientError

from core import arguments, environment
from core.console import UserError, run
from core.contract.shapes import Json

SETTLED = ("InService", "Failed", "OutOfService")


def explain(endpoint: Json) -> str | None:
    """What to do while the endpoint is on its way from one state to another."""
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    if status in SETTLED:
        return None
    return (
        f"the endpoint {name} is {status}, and until it is in service every apply fails: wait with `aws sagemaker wait "
        f"endpoint-in-service --endpoint-name {name}`, look with `aws sagemaker describe-endpoint --endpoint-name "
        f"{name}`, then plan and apply again"
    )


def main() -> None:
    env = arguments.read_env("operations.settling", __doc__)
    try:
        name = environment.outputs(env)["endpoint_name"]
        said = explain(dict(boto3.client("sagemaker").describe_endpoint(EndpointName=name)))
    except (ClientError, UserError):
        return  # there is no endpoint to wait for, and why the apply failed has been said
    if said:
        raise UserError(said)


if __name__ == "__main__":
    run(main)
