"""The kinds of resources of which the cost model knows what they cost a month, which may be nothing.

Of any other nobody knows: it has no price here, and whoever reads a plan is told so.
"""

import re

KNOWN = re.compile(
    r"terraform_data|aws_("
    r"apigatewayv2_(api|api_mapping|authorizer|domain_name|integration|route|stage)"
    r"|appautoscaling_(policy|scheduled_action|target)"
    r"|budgets_budget"
    r"|cloudwatch_(dashboard|event_(bus|rule|target)|log_(group|metric_filter)|metric_alarm)"
    r"|cognito_(resource_server|user_group|user_pool|user_pool_client|user_pool_domain)"
    r"|dynamodb_table"
    r"|iam_\w+"
    r"|kms_(alias|key)"
    r"|lambda_(function|permission)"
    r"|s3_bucket(_(cors_configuration|lifecycle_configuration|notification|ownership_controls|policy|public_access_block"
    r"|server_side_encryption_configuration|versioning))?"
    r"|sagemaker_(endpoint|endpoint_configuration|model)"
    r"|scheduler_schedule"
    r"|sfn_state_machine"
    r"|sns_topic(_(policy|subscription))?"
    r"|sqs_queue(_redrive_policy)?"
    r")"
)


def is_known(kind: str) -> bool:
    return KNOWN.fullmatch(kind) is not None
