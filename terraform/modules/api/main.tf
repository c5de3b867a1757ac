# The HTTP API that other teams' programs and people's pages call: who may is the pool's to say, for what a route's
# scopes, and for which photo the function behind them.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_apigatewayv2_api" "this" {
  name          = "${var.prefix}-api"
  description   = "Takes photos, says where their drivers go, and lets people decide."
  protocol_type = "HTTP"
  # At an address that the pool does not know the console could sign nobody in.
  disable_execute_api_endpoint = var.domain != null

  # Without it no page may read an answer, whatever token it has.
  dynamic "cors_configuration" {
    for_each = length(var.origins) > 0 ? [var.origins] : []

    content {
      allow_headers  = ["authorization", "content-type", "idempotency-key"]
      allow_methods  = ["DELETE", "GET", "POST", "PUT"]
      allow_origins  = cors_configuration.value
      expose_headers = ["location", "retry-after"]
      max_age        = 600
    }
  }
}

resource "aws_apigatewayv2_authorizer" "people" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "people"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = concat([for client in aws_cognito_user_pool_client.program : client.id], aws_cognito_user_pool_client.people[*].id)
    issuer   = "https://cognito-idp.${data.aws_region.current.id}.amazonaws.com/${aws_cognito_user_pool.this.id}"
  }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = var.function.arn
  payload_format_version = "2.0"
}

resource "aws_lambda_permission" "api" {
  statement_id  = "LetApiCallIt"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  # Of each route by itself.
  default_route_settings {
    throttling_burst_limit = 2 * var.requests_per_second
    throttling_rate_limit  = var.requests_per_second
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # Who asked for what and what became of it: nothing of a photo, and no address.
    format = jsonencode({
      requestId        = "$context.requestId"
      routeKey         = "$context.routeKey"
      status           = "$context.status"
      sub              = "$context.authorizer.claims.sub"
      client_id        = "$context.authorizer.claims.client_id"
      latency          = "$context.responseLatency"
      error            = "$context.error.message"
      integrationError = "$context.integrationErrorMessage"
    })
  }
}

# Of this beginning: API Gateway's policy for it need not name each group, and has no end of its room.
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/apis/${var.prefix}-api"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}
