# An alarm for each source, as a camera, whose photos the model is unsure of more often than it was.

locals {
  # Of a source's last 50 photos. By the binomial distribution 20 of 50 or more are unsure with a probability of
  #     2.4e-08 where a tenth of the photos usually is, 1.6e-05 at 0.15, 9.3e-04 at 0.2, 1.4e-02 at 0.25.
  # Each photo is another look at nearly the same 50: it begins to ring by chance alone once in 230,000 photos at 0.15,
  # in 5,200 at 0.2, in 440 at 0.25 (20 million photos simulated each). A source that is usually at 0.15 and becomes
  # unsure of half of its photos has rung after 34 of them in half of the cases, after 47 in nine of ten; of 0.6 after 27
  # and 36 (3,000 simulated).
  unsure_share = 0.4
}

resource "aws_cloudwatch_metric_alarm" "unsure" {
  for_each = toset(var.watched_sources)

  alarm_name          = "${var.prefix}-unsure-${each.value}"
  alarm_description   = "Of the last 50 photos of ${each.value} the model was unsure of ${100 * local.unsure_share} % or more: a dirty camera, or another light. See docs/runbook.md#unsure-source"
  namespace           = local.namespace
  metric_name         = "UnsureShare"
  dimensions          = { Source = each.value }
  statistic           = "Average"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.unsure_share
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # fewer than 50 photos
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}
