# What may be asked, and the scopes of which a token has one. docs/openapi.json says the same in full.

locals {
  photos = "${aws_cognito_resource_server.this.identifier}/photos"
  review = "${aws_cognito_resource_server.this.identifier}/review"

  routes = {
    "DELETE /leases/{id}"                    = [local.review]
    "DELETE /photos/{id}/decisions/{number}" = [local.review]
    "GET /guideline"                         = [local.review]
    "GET /photos"                            = [local.photos, local.review]
    "GET /photos/{id}"                       = [local.photos, local.review]
    "GET /summary"                           = [local.review]
    "POST /leases"                           = [local.review]
    "POST /photos"                           = [local.photos]
    "POST /photos/{id}/objection"            = [local.photos]
    "PUT /leases/{id}"                       = [local.review]
    "PUT /photos/{id}/decisions/{number}"    = [local.review]
  }

  # The console's pages and their files, in which there is nothing of a photo or a person: who opens one has no token yet.
  console = ["GET /", "GET /console/{version}/{file}", "GET /review"]
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.people.id
  authorization_scopes = each.value
}

resource "aws_apigatewayv2_route" "console" {
  #checkov:skip=CKV_AWS_309:People sign in from these pages, and whoever shows one to nobody but them could not let them in.
  for_each = var.console ? toset(local.console) : []

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type = "NONE"
}
