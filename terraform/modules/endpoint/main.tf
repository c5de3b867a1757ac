data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.id

  # The first 16 hexadecimal digits of the artefact's checksum: its folder below models/, and below captures/, since a
  # record does not say which model answered.
  model_id = one([for model in var.model[*] : substr(model.sha256, 0, 16)])

  # A model or a configuration cannot be changed, only made under another name; so its name follows from what is in it,
  # and so does its place here. The one that the endpoint went back to then keeps its place beside the one that failed:
  # to put its model's file back makes nothing a second time, which SageMaker would refuse.
  models = {
    for model in var.model[*] : join("-", [
      substr(model.sha256, 0, 8),
      substr(sha256(jsonencode({ artefact = model.artefact, image = model.image, environment = model.environment })), 0, 6),
    ]) => model
  }
  # Of what is known before anything is made: a plan has to know the places.
  settings = {
    capture_percentage = var.capture_percentage
    instance_count     = var.fleet.min_instances
    instance_type      = var.fleet.instance_type
  }
  configurations = { for model, _ in local.models : "${model}-${substr(sha256(jsonencode(local.settings)), 0, 6)}" => model }
  capture_uri    = "s3://${var.bucket}/captures/${coalesce(local.model_id, "none")}"

  # Only the endpoint itself, and what scales it, costs money by the hour.
  endpoints = var.enabled ? { for configuration, _ in local.configurations : "live" => configuration } : {}

  variant = "primary"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/sagemaker/Endpoints/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_sagemaker_model" "this" {
  for_each = local.models

  name                     = "${var.name}-${each.key}"
  execution_role_arn       = aws_iam_role.this.arn
  enable_network_isolation = true

  primary_container {
    image          = each.value.image
    model_data_url = each.value.artefact
    environment    = each.value.environment
  }

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = startswith(each.value.artefact, "s3://${var.bucket}/models/")
      error_message = "The model lies at ${each.value.artefact}, but this environment's endpoint reads s3://${var.bucket}/models/ only: promote it for this environment."
    }
  }

  # SageMaker tries the role on the artefact when it makes the model.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  for_each = local.configurations

  name        = "${var.name}-${each.value}-${substr(sha256(jsonencode([local.settings, local.capture_uri, var.kms_key_arn])), 0, 6)}"
  kms_key_arn = var.kms_key_arn

  production_variants {
    variant_name           = local.variant
    model_name             = aws_sagemaker_model.this[each.value].name
    initial_instance_count = local.settings.instance_count
    instance_type          = local.settings.instance_type
  }

  data_capture_config {
    enable_capture              = local.settings.capture_percentage > 0
    initial_sampling_percentage = local.settings.capture_percentage
    destination_s3_uri          = local.capture_uri
    kms_key_id                  = var.kms_key_arn

    capture_options {
      capture_mode = "Input"
    }

    capture_options {
      capture_mode = "Output"
    }

    # What is not listed is captured as base64: right for the photo, unreadable for the probabilities.
    capture_content_type_header {
      json_content_types = ["application/json"]
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint" "this" {
  for_each = local.endpoints

  name                 = var.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this[each.value].name

  deployment_config {
    blue_green_update_policy {
      termination_wait_in_seconds = var.rollout.wait_seconds

      traffic_routing_configuration {
        type                     = var.rollout.type
        wait_interval_in_seconds = var.rollout.wait_seconds

        dynamic "canary_size" {
          for_each = var.rollout.type == "CANARY" ? [var.rollout.step_percent] : []

          content {
            type  = "CAPACITY_PERCENT"
            value = canary_size.value
          }
        }

        dynamic "linear_step_size" {
          for_each = var.rollout.type == "LINEAR" ? [var.rollout.step_percent] : []

          content {
            type  = "CAPACITY_PERCENT"
            value = linear_step_size.value
          }
        }
      }
    }

    # Set from the start: adding it later would replace the endpoint.
    auto_rollback_configuration {
      dynamic "alarms" {
        for_each = aws_cloudwatch_metric_alarm.rollback

        content {
          alarm_name = alarms.value.alarm_name
        }
      }
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

# An update that went back ends as "InService" too, and must not pass for one that arrived. A postcondition of the
# endpoint would be evaluated of one that could not be made, too, and fail on that. This changes with the configuration,
# and so comes before the configuration that the endpoint went back to is deleted.
resource "terraform_data" "arrived" {
  for_each = aws_sagemaker_endpoint.this

  input = aws_sagemaker_endpoint_configuration.this[local.endpoints[each.key]].name

  lifecycle {
    precondition {
      condition     = each.value.endpoint_config_name == aws_sagemaker_endpoint_configuration.this[local.endpoints[each.key]].name
      error_message = "The update went back: the endpoint still serves ${each.value.endpoint_config_name}. One of the alarms ${var.prefix}-rollback-* rang, or the new model's container did not start: see the FailureReason in `aws sagemaker describe-endpoint --endpoint-name ${var.name}`, and the log group ${aws_cloudwatch_log_group.this.name}. While it goes back, every apply fails: `aws sagemaker wait endpoint-in-service --endpoint-name ${var.name}` ends when it is there. Then plan and apply again, or promote another model."
    }
  }
}
