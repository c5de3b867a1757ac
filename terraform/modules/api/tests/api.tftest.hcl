mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  function            = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-api", name = "scones-test-api" }
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/k"
  log_retention_days  = 30
  prefix              = "scones-test"
  programs            = ["orders", "stock"]
  requests_per_second = 20
}

run "nobody_asks_without_a_token_of_this_pool" {
  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.this :
      route.authorization_type == "JWT" && route.authorizer_id == aws_apigatewayv2_authorizer.people.id && length(route.authorization_scopes) > 0
    ])
    error_message = "A route is open to anybody, or to anybody who has some token."
  }

  assert {
    condition     = toset([for key, route in aws_apigatewayv2_route.console : key if route.authorization_type == "NONE"]) == toset(["GET /", "GET /console/{version}/{file}", "GET /review"])
    error_message = "More than the console's pages and their files is anybody's, or a page is nobody's."
  }

  assert {
    condition     = !anytrue([for route in concat(keys(aws_apigatewayv2_route.this), keys(aws_apigatewayv2_route.console)) : strcontains(route, "$default") || strcontains(route, "ANY ")])
    error_message = "There is a route for whatever is asked."
  }

  assert {
    condition     = one(aws_apigatewayv2_authorizer.people.jwt_configuration).issuer == "https://cognito-idp.eu-west-1.amazonaws.com/${aws_cognito_user_pool.this.id}" && one(aws_apigatewayv2_authorizer.people.jwt_configuration).audience == toset(concat(values(output.programs), [output.people]))
    error_message = "Tokens of another pool are taken, or none of a program's."
  }

  assert {
    condition     = aws_lambda_permission.api.source_arn == "${aws_apigatewayv2_api.this.execution_arn}/*" && aws_lambda_permission.api.principal == "apigateway.amazonaws.com"
    error_message = "Another API could call the function."
  }
}

run "a_program_may_send_photos_and_decides_nothing" {
  assert {
    condition = alltrue([
      for client in aws_cognito_user_pool_client.program :
      client.generate_secret && client.allowed_oauth_flows == toset(["client_credentials"]) && client.allowed_oauth_scopes == toset(["scones/photos"])
    ])
    error_message = "A program may decide, or needs no secret."
  }

  assert {
    condition     = toset([for key, route in aws_apigatewayv2_route.this : key if contains(route.authorization_scopes, "scones/photos")]) == toset(["GET /photos", "GET /photos/{id}", "POST /photos", "POST /photos/{id}/objection"])
    error_message = "A program reaches what is for people."
  }

  assert {
    condition     = length(distinct([for client in aws_cognito_user_pool_client.program : client.name])) == 2 && alltrue([for client in aws_cognito_user_pool_client.program : client.access_token_validity == 60 && one(client.token_validity_units).access_token == "minutes"])
    error_message = "Two programs share a client, or their tokens last for another time."
  }
}

run "people_are_invited_and_never_sign_up" {
  assert {
    condition     = one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
    error_message = "Anybody could sign up."
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OPTIONAL" && one(aws_cognito_user_pool.this.software_token_mfa_configuration).enabled && one(aws_cognito_user_pool.this.password_policy).minimum_length == 12
    error_message = "People can have no second factor, or a short password."
  }

  assert {
    condition     = toset(keys(aws_cognito_user_group.this)) == toset(["arrivals", "leads", "reviewers"])
    error_message = "The groups are not those that the function asks for."
  }

  assert {
    condition     = aws_cognito_user_pool_domain.this.domain == "scones-test-111122223333" && aws_cognito_user_pool.this.deletion_protection == "INACTIVE"
    error_message = "The domain is another one, or a trial environment could not be taken down."
  }
}

run "the_console_s_two_pages_sign_people_in_and_no_other_page_reads_an_answer" {
  assert {
    condition     = output.console == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/" && aws_cognito_user_pool_client.people[0].callback_urls == toset([output.console, "${output.console}review"])
    error_message = "A code could be sent somewhere else, or not to a page of the console."
  }

  assert {
    condition     = aws_cognito_user_pool_client.people[0].logout_urls == aws_cognito_user_pool_client.people[0].callback_urls && length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Whoever signs out comes to no page, or another page may ask."
  }
}

run "without_pages_nobody_signs_in_and_no_page_reads_an_answer" {
  variables {
    console = false
  }

  assert {
    condition     = output.people == null && output.console == null && length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "There is a client or an origin for pages that are not there."
  }

  assert {
    condition     = length(aws_apigatewayv2_route.console) == 0 && one(aws_apigatewayv2_authorizer.people.jwt_configuration).audience == toset(values(output.programs))
    error_message = "There is a route that anybody may take, or a token that is no program's is taken."
  }
}

run "pages_sign_in_with_a_code_and_without_a_secret" {
  variables {
    console = false
    origins = ["http://localhost:4577", "https://scones.example.com"]
  }

  assert {
    condition     = !aws_cognito_user_pool_client.people[0].generate_secret && aws_cognito_user_pool_client.people[0].allowed_oauth_flows == toset(["code"]) && aws_cognito_user_pool_client.people[0].allowed_oauth_scopes == toset(["openid", "scones/photos", "scones/review"])
    error_message = "A browser would have to keep a secret, or to take a token out of an address."
  }

  assert {
    condition     = aws_cognito_user_pool_client.people[0].callback_urls == toset(["http://localhost:4577/", "https://scones.example.com/"]) && aws_cognito_user_pool_client.people[0].logout_urls == aws_cognito_user_pool_client.people[0].callback_urls
    error_message = "A code could be sent somewhere else, or to no page at all."
  }

  assert {
    condition     = aws_cognito_user_pool_client.people[0].access_token_validity == 15 && aws_cognito_user_pool_client.people[0].refresh_token_validity == 10 && one(aws_cognito_user_pool_client.people[0].token_validity_units).refresh_token == "hours"
    error_message = "Whoever is taken out of a group may do as before for longer than a quarter of an hour, or signs in twice a day."
  }

  assert {
    condition     = one(aws_apigatewayv2_api.this.cors_configuration).allow_origins == toset(var.origins) && contains(one(aws_apigatewayv2_authorizer.people.jwt_configuration).audience, output.people)
    error_message = "A page may not ask, or another one may."
  }
}

run "what_is_asked_is_bounded_and_logged_without_photos" {
  assert {
    condition     = one(aws_apigatewayv2_stage.this.default_route_settings).throttling_rate_limit == 20 && one(aws_apigatewayv2_stage.this.default_route_settings).throttling_burst_limit == 40
    error_message = "A program that runs wild takes what others need."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.access.retention_in_days == 30 && one(aws_apigatewayv2_stage.this.access_log_settings).destination_arn == aws_cloudwatch_log_group.access.arn
    error_message = "The access log is not encrypted, is kept for ever, or is somewhere else."
  }

  assert {
    condition     = toset(keys(jsondecode(one(aws_apigatewayv2_stage.this.access_log_settings).format))) == toset(["client_id", "error", "integrationError", "latency", "requestId", "routeKey", "status", "sub"])
    error_message = "The log says more than who asked for what, or less."
  }

  assert {
    condition     = output.url == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com" && output.domain_target == null
    error_message = "The API has another address."
  }

  assert {
    condition     = !aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "The API has no address at all."
  }
}

run "a_name_of_one_s_own_is_served_by_tls_1_2" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c" }
  }

  assert {
    condition     = output.console == "https://api.example.com/" && contains(aws_cognito_user_pool_client.people[0].callback_urls, "https://api.example.com/review")
    error_message = "The console is not at the API's own name, or nobody can sign in there."
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "API Gateway's own address shows pages at which nobody can sign in."
  }

  assert {
    condition     = output.url == "https://api.example.com" && one(aws_apigatewayv2_domain_name.this[0].domain_name_configuration).security_policy == "TLS_1_2" && aws_apigatewayv2_api_mapping.this[0].api_id == aws_apigatewayv2_api.this.id
    error_message = "The name leads elsewhere, or older protocols are taken."
  }

  assert {
    condition     = output.domain_target == { hosted_zone_id = "Z0123456789ABC", target_domain_name = "d-a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com" }
    error_message = "Whoever has the domain is not told where its record leads."
  }
}

run "a_protected_pool_stays" {
  variables {
    deletion_protection = true
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "The pool can be deleted, and everybody in it."
  }
}

run "a_prefix_that_no_domain_of_cognito_s_may_have_is_refused" {
  command = plan

  variables {
    prefix = "scones-aws"
  }

  expect_failures = [var.prefix]
}
