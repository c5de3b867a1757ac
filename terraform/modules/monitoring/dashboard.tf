# A photo's way from left to right: it arrives, the functions handle it, the endpoint answers, it ends somewhere.
# Below it what the monitor found in the captures, hour by hour; how the API answers; how right people found the model;
# and of which camera it is unsure.

locals {
  workflow  = ["StateMachineArn", var.state_machine_arn]
  endpoint  = ["EndpointName", var.endpoint_name, "VariantName", var.endpoint_variant]
  api       = ["ApiId", var.api_id]
  functions = [for function in var.functions : function.name]
  captured  = flatten([for name, value in local.dimensions : [name, value]])

  captured_widgets = [
    { title = "records in the hour", metrics = ["Records", "Unreadable", "UndecodableImages"], stat = "Sum", limits = [] },
    { title = "coverage of the day", metrics = ["Coverage", "CoverageUpperBound"], stat = "Average", limits = [var.drift.min_coverage] },
    { title = "estimated accuracy of the day", metrics = ["EstimatedAccuracy", "EstimatedAccuracyUpperBound"], stat = "Average", limits = [var.drift.min_accuracy] },
    {
      title   = "drift of the day"
      metrics = flatten([for name in ["ConfidenceFall", "ConfidenceDrift", "ImageDrift", "OutsideShare", "RepeatShare", "ClassDrift"] : [name, "${name}LowerBound"]])
      stat    = "Average"
      limits  = distinct([var.drift.fall, var.drift.confidence, var.drift.images, var.drift.outside, var.drift.repeats, var.drift.classes])
    },
  ]

  rows = [
    [
      { title = "Photos arriving", metrics = [concat(["AWS/States", "ExecutionsStarted"], local.workflow)] },
      { title = "Functions: duration, ms", metrics = [for name in local.functions : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "p95" }]] },
      { title = "Endpoint: model latency, µs", metrics = [for stat in ["p50", "p95"] : concat(["AWS/SageMaker", "ModelLatency"], local.endpoint, [{ stat = stat }])] },
      {
        title = "Outcomes",
        metrics = [
          concat(["AWS/States", "ExecutionsSucceeded"], local.workflow, [{ label = "routed, decided, or a duplicate" }]),
          concat(["AWS/States", "ExecutionsFailed"], local.workflow, [{ label = "for review, or failed" }]),
          [local.namespace, "UnexpectedFailures", { label = "failed" }],
        ]
      },
    ],
    [
      { title = "Given up", metrics = [for name in values(local.dead_letter_queue_names) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]] },
      { title = "Functions: errors", metrics = [for name in local.functions : ["AWS/Lambda", "Errors", "FunctionName", name]] },
      { title = "Endpoint: answers", metrics = [for name in ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"] : concat(["AWS/SageMaker", name], local.endpoint)] },
      {
        title = "Waiting for a person"
        metrics = [
          [local.namespace, "WaitingDrivers", { label = "drivers" }],
          [local.namespace, "WaitingArchive", { label = "photos of no driver" }],
          [local.namespace, "LongestWait", { label = "longest wait of a driver, s", yAxis = "right" }],
        ]
        stat   = "Maximum"
        limits = [{ label = "rings", value = 60 * var.review_minutes, yAxis = "right" }]
      },
    ],
    [for widget in local.captured_widgets : {
      title   = "Captured: ${widget.title}"
      metrics = [for name in widget.metrics : concat([local.namespace, name], local.captured)]
      stat    = widget.stat
      period  = 3600
      limits  = [for limit in widget.limits : { label = "rings", value = limit }]
    }],
    [
      {
        title   = "API: requests"
        metrics = [for name in ["Count", "4xx", "5xx"] : concat(["AWS/ApiGateway", name], local.api)]
      },
      {
        title   = "API: latency, ms"
        metrics = [for stat in ["p50", "p95"] : concat(["AWS/ApiGateway", "Latency"], local.api, [{ stat = stat }])]
        limits  = [{ label = "rings", value = local.alarms.api-slow.threshold }]
      },
      {
        title   = "Judged: true accuracy of the week"
        metrics = [for name in ["TrueAccuracy", "TrueAccuracyLowerBound", "TrueAccuracyUpperBound"] : concat([local.namespace, name], local.captured)]
        stat    = "Average"
        period  = 3600
      },
      {
        title   = "Judged or estimated: surely fallen by"
        metrics = [concat([local.namespace, "AccuracyFallLowerBound"], local.captured)]
        stat    = "Average"
        period  = 3600
        limits  = [{ label = "rings", value = var.drift.fall }]
      },
    ],
    # CloudWatch takes no widget without a metric.
    [for sources in [var.watched_sources] : {
      title   = "Unsure: share of each source's last 50 photos"
      metrics = [for source in sources : [local.namespace, "UnsureShare", "Source", source]]
      stat    = "Average"
      limits  = [{ label = "rings", value = local.unsure_share }]
    } if length(sources) > 0],
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = flatten([
      for y, row in local.rows : [
        for x, widget in row : {
          type   = "metric"
          x      = x * 6
          y      = y * 6
          width  = 6
          height = 6
          properties = {
            title       = widget.title
            metrics     = widget.metrics
            region      = data.aws_region.current.id
            stat        = lookup(widget, "stat", "Sum")
            period      = lookup(widget, "period", 300)
            annotations = { horizontal = lookup(widget, "limits", []) }
          }
        }
      ]
    ])
  })
}
