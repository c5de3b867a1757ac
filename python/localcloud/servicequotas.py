"""Service Quotas and Lambda's account settings: what a new account of AWS's may have. Nothing here is held to it.

AWS: `ListServiceQuotas` lists the applied quotas of a service, `ListAWSDefaultServiceQuotas` also those that were never
applied, both by pages; `GetAccountSettings` says how many functions may run at once. New accounts have 10 of those,
and no instances of most types.
moto 5.2.5 knows the quotas of VPCs only, and no `GetAccountSettings`. Here are those that this project asks for.
"""

import json

from moto.awslambda import urls as lambda_urls
from moto.awslambda.responses import LambdaResponse
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.responses import ServiceQuotasResponse

from core.contract.shapes import Json
from localcloud import gaps

CONCURRENT = 10
GIGABYTE = 1024**3
SERVICES = {"lambda": "AWS Lambda", "sagemaker": "Amazon SageMaker"}
QUOTAS = {
    "lambda": {"L-B99A9384": ("Concurrent executions", CONCURRENT)},
    "sagemaker": {
        "L-09C9B23C": ("ml.c5.xlarge for transform job usage", 0),
        "L-614B09FD": ("ml.m5.large for endpoint usage", 0),
        "L-6FA0D387": ("ml.c5.xlarge for spot training job usage", 0),
        "L-944F78BB": ("ml.g4dn.xlarge for spot training job usage", 0),
    },
}
# The only one of them that an account has from the start; the others are defaults until somebody asks for more.
APPLIED = ("lambda",)


def install() -> None:
    """Fill the gaps."""
    # Before moto's server is made: it reads the paths once.
    lambda_urls.url_paths[r"{0}/(?P<api_version>[^/]+)/account-settings/?$"] = LambdaResponse.dispatch

    @gaps.add(LambdaResponse)
    def get_account_settings(self: LambdaResponse) -> str:
        functions = list(self.backend.list_functions())
        reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
        limit = {
            "TotalCodeSize": 75 * GIGABYTE,
            "CodeSizeUnzipped": GIGABYTE // 4,
            "CodeSizeZipped": 50 * 1024**2,
            "ConcurrentExecutions": CONCURRENT,
            "UnreservedConcurrentExecutions": max(CONCURRENT - reserved, 0),
        }
        usage = {
            "TotalCodeSize": sum(function.code_size for function in functions),
            "FunctionCount": len(functions),
        }
        return json.dumps({"AccountLimit": limit, "AccountUsage": usage})

    @gaps.add(ServiceQuotasResponse)
    def list_service_quotas(self: ServiceQuotasResponse) -> str:
        service = json.loads(self.body)["ServiceCode"]
        quotas = _list(service, self.region, self.current_account)
        return json.dumps({"Quotas": quotas if service in APPLIED else []})

    @gaps.wrap(ServiceQuotasResponse, "list_aws_default_service_quotas")
    def list_aws_default_service_quotas(original: gaps.Original, self: ServiceQuotasResponse) -> str:
        service = json.loads(self.body)["ServiceCode"]
        if service not in QUOTAS:
            return original(self)
        return json.dumps({"Quotas": _list(service, self.region, "")})


def _list(service: str, region: str, account: str) -> list[Json]:
    if service not in QUOTAS:
        raise NoSuchResource
    return [
        {
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaArn": f"arn:aws:servicequotas:{region}:{account}:{service}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "ServiceCode": service,
            "ServiceName": SERVICES[service],
            "Unit": "None",
            "Value": float(value),
        }
        for code, (name, value) in QUOTAS[service].items()
    ]
