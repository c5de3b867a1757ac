"""Which attributes AWS makes, so that nobody can have written a `*` or a whole network there.

Everything else of a resource could be somebody's text: a description, a tag, a name, and the id that is one of these.
"""

import re

# Whatever kind it is of.
ALWAYS = {"arn", "private_ip", "public_ip", "unique_id"}
# Kinds whose ARN is an argument, by the provider's schema, and of which AWS need not know it.
GIVEN_AN_ARN = {
    "aws_arn",
    "aws_cloudwatch_event_target",
    "aws_iam_session_context",
    "aws_kinesis_firehose_delivery_stream",
    "aws_kinesis_stream",
    "aws_lakeformation_resource",
    "aws_notifications_channel_association",
    "aws_sns_topic_data_protection_policy",
    "aws_sns_topic_policy",
    "aws_ssm_parameter",
}
# What says where or in whose account the code runs, with all that it has.
SURROUNDINGS = {
    "aws_billing_service_account",
    "aws_caller_identity",
    "aws_canonical_user_id",
    "aws_cloudtrail_service_account",
    "aws_elb_service_account",
    "aws_organizations_organization",
    "aws_partition",
    "aws_region",
}
# Kinds whose id, network or name AWS makes, or takes only without such a sign.
ATTRIBUTES = {
    "aws_cloudfront_distribution": {"id"},
    "aws_cloudfront_origin_access_identity": {"iam_arn", "id"},
    "aws_ec2_managed_prefix_list": {"id"},
    "aws_iam_role": {"id", "name"},
    "aws_internet_gateway": {"id"},
    "aws_kms_key": {"id", "key_id"},
    "aws_lambda_function": {"function_name", "id"},
    "aws_nat_gateway": {"id"},
    "aws_organizations_account": {"id"},
    "aws_organizations_organizational_unit": {"id"},
    "aws_s3_bucket": {"bucket", "id"},
    "aws_security_group": {"id"},
    "aws_sns_topic": {"id", "name"},
    "aws_sqs_queue": {"id", "name", "url"},
    "aws_subnet": {"cidr_block", "id", "ipv6_cidr_block"},
    "aws_vpc": {"cidr_block", "id", "ipv6_cidr_block"},
    "aws_vpc_endpoint": {"id"},
}


def is_made(kind: str, attribute: str) -> bool:
    """Whether this attribute of this kind of resource or data is what AWS makes it."""
    if attribute in ALWAYS:
        return not (attribute == "arn" and kind in GIVEN_AN_ARN)
    return kind in SURROUNDINGS or attribute in ATTRIBUTES.get(kind, ())


def is_name(kind: str, found: str) -> bool:
    """Whether a name in the code, as `aws_iam_role` and `.this[0].arn`, is one of these; no part of an attribute is."""
    of = [*([] if kind == "data" else [kind]), *steps(found)]
    return len(of) == 3 and is_made(of[0], of[2])


def steps(found: str) -> list[str]:
    """Of `.this[0].arn` the names."""
    return re.findall(r"[\w-]+", re.sub(r"\[[^\]]*\]", "", found))
