# The bus and the rules, the schedule, the queues and the topic.

locals {
  messages = {
    read = [
      {
        Sid    = "ReadRules"
        Effect = "Allow"
        Action = [
          "events:DescribeEventBus", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
        ]
        Resource = [local.bus, local.rules]
      },
      {
        Sid      = "ReadSchedules"
        Effect   = "Allow"
        Action   = ["scheduler:GetSchedule"]
        Resource = [local.schedules]
      },
      {
        Sid      = "ReadQueues"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes", "sqs:ListQueueTags"]
        Resource = [local.queues]
      },
      {
        Sid      = "ReadTopics"
        Effect   = "Allow"
        Action   = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
        Resource = [local.topics]
      },
      {
        Sid      = "ReadSubscriptions"
        Effect   = "Allow"
        Action   = ["sns:GetSubscriptionAttributes"]
        Resource = ["*"]
      },
    ]

    write = [
      {
        Sid    = "MakeRules"
        Effect = "Allow"
        Action = [
          "events:CreateEventBus", "events:DeleteEventBus", "events:DeleteRule", "events:PutRule", "events:PutTargets",
          "events:RemoveTargets", "events:TagResource", "events:UntagResource", "events:UpdateEventBus",
        ]
        Resource = [local.bus, local.rules]
      },
      {
        Sid      = "MakeSchedules"
        Effect   = "Allow"
        Action   = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"]
        Resource = [local.schedules]
      },
      {
        Sid      = "MakeQueues"
        Effect   = "Allow"
        Action   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        Resource = [local.queues]
      },
      {
        Sid    = "MakeTopics"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:Publish", "sns:SetTopicAttributes", "sns:Subscribe",
          "sns:TagResource", "sns:UntagResource",
        ]
        Resource = [local.topics]
      },
      {
        Sid      = "EndSubscriptions"
        Effect   = "Allow"
        Action   = ["sns:Unsubscribe"]
        Resource = ["*"]
      },
    ]
  }
}
