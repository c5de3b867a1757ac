# The fleet follows the number of photos, between its minimum and its maximum.

# Schedules move the limits, so a plan must not take them back; but a change of what was asked for counts. SageMaker
# refuses another instance type while the fleet is registered, so that is a reason to register anew as well.
resource "terraform_data" "fleet" {
  input = [var.fleet.instance_type, var.fleet.min_instances, var.fleet.max_instances]
}

resource "aws_appautoscaling_target" "this" {
  for_each = aws_sagemaker_endpoint.this

  service_namespace  = "sagemaker"
  resource_id        = "endpoint/${each.value.name}/variant/${local.variant}"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  min_capacity       = var.fleet.min_instances
  max_capacity       = var.fleet.max_instances

  lifecycle {
    ignore_changes       = [min_capacity, max_capacity]
    replace_triggered_by = [terraform_data.fleet]
  }
}

# AWS deletes what belongs to a target along with it.
resource "aws_appautoscaling_policy" "this" {
  for_each = aws_appautoscaling_target.this

  name               = "${var.prefix}-invocations-per-instance"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.fleet.invocations_per_instance
    scale_in_cooldown  = 600 # leave slowly: the next rush is never far
    scale_out_cooldown = 120

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }

  lifecycle {
    replace_triggered_by = [aws_appautoscaling_target.this[each.key].id]
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = length(local.endpoints) > 0 ? var.fleet.schedule : {}

  name               = "${var.prefix}-${each.key}"
  service_namespace  = aws_appautoscaling_target.this["live"].service_namespace
  resource_id        = aws_appautoscaling_target.this["live"].resource_id
  scalable_dimension = aws_appautoscaling_target.this["live"].scalable_dimension
  schedule           = each.value.cron
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.min_instances
    max_capacity = each.value.max_instances
  }

  lifecycle {
    replace_triggered_by = [aws_appautoscaling_target.this["live"].id]
  }
}
