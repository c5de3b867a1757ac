"""A new account's quotas, as AWS lists them."""

import pytest
from botocore.exceptions import ClientError


def test_quotas_that_were_never_applied_are_in_the_list_of_defaults_only(aws):
    quotas, sagemaker = aws("service-quotas"), {"ServiceCode": "sagemaker"}
    assert quotas.list_service_quotas(**sagemaker)["Quotas"] == []
    (endpoint,) = [
        it
        for it in quotas.list_aws_default_service_quotas(**sagemaker)["Quotas"]
        if it["QuotaName"] == "ml.m5.large for endpoint usage"
    ]
    assert (endpoint["QuotaCode"], endpoint["Value"]) == ("L-614B09FD", 0)
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quotas.list_service_quotas(ServiceCode="nothing")


def test_lambda_says_how_many_functions_may_run_at_once(aws, function):
    function("def handler(event, context): pass")
    settings = aws("lambda").get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 10
    assert settings["AccountUsage"]["FunctionCount"] >= 1
