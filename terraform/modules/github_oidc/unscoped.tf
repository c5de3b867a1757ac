# The actions that are allowed on "*", because AWS knows no finer grain for them, each with the reason.
# Nothing else may have "*" as its resource, see tests/.

locals {
  unscoped = {
    "application-autoscaling:DescribeScalableTargets"  = "A list; AWS takes no resource for it."
    "application-autoscaling:DescribeScalingPolicies"  = "A list; AWS takes no resource for it."
    "application-autoscaling:DescribeScheduledActions" = "A list; AWS takes no resource for it."
    "cloudwatch:PutMetricData"                         = "Metrics are no resources. Each role's own policy names its namespace."
    "cognito-idp:CreateUserPool"                       = "What does not exist yet has no ARN. Only with the environment's tags."
    "cognito-idp:DescribeUserPoolDomain"               = "AWS takes no resource for it: a domain is looked up by its name."
    "ecr:GetAuthorizationToken"                        = "Signs in to every registry at once; pulling names repositories."
    "kms:CreateKey"                                    = "What does not exist yet has no ARN. Only with the environment's tags."
    "kms:ListAliases"                                  = "A list; AWS takes no resource for it."
    "logs:CreateLogDelivery"                           = "Deliveries, by which a state machine logs, are no resources."
    "logs:DeleteLogDelivery"                           = "Deliveries are no resources."
    "logs:DescribeLogGroups"                           = "A list; AWS takes no resource for it."
    "logs:DescribeResourcePolicies"                    = "A list; AWS takes no resource for it."
    "logs:GetLogDelivery"                              = "Deliveries are no resources."
    "logs:ListLogDeliveries"                           = "Deliveries are no resources."
    "logs:PutResourcePolicy"                           = "Belongs to the account; Step Functions asks it of a role that logs."
    "logs:UpdateLogDelivery"                           = "Deliveries are no resources."
    "sns:GetSubscriptionAttributes"                    = "AWS takes no resource for subscriptions."
    "sns:Unsubscribe"                                  = "AWS takes no resource for subscriptions."
    "states:ValidateStateMachineDefinition"            = "Judges a text; the provider calls it at plan."
    "xray:GetSamplingRules"                            = "Belongs to the account."
    "xray:GetSamplingTargets"                          = "Belongs to the account."
    "xray:PutTelemetryRecords"                         = "Traces are no resources."
    "xray:PutTraceSegments"                            = "Traces are no resources."
  }
}
