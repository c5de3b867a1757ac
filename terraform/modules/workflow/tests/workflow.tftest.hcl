mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  boundary_arn = "arn:aws:iam::111122223333:policy/scones-test-boundary"
  bucket       = "scones-test-111122223333"
  bulk         = { batch_size = 40, max_concurrency = 3, tolerated_failure_percent = 5 }
  bulk_results = "results/bulk"
  function_arns = {
    serialize = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-serialize"
    classify  = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-classify"
    filter    = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-filter"
    sweep     = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-sweep"
    label     = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-label"
    batch     = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-batch"
    collect   = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-collect"
  }
  kms_key_arn        = "arn:aws:kms:eu-west-1:111122223333:key/k"
  log_retention_days = 30
  model              = { id = "0123456789abcdef", classes = "motorcycle,bicycle" }
  prefix             = "scones-test"
  register = {
    arn            = "arn:aws:dynamodb:eu-west-1:111122223333:table/scones-test-photos"
    name           = "scones-test-photos"
    retention_days = 90
  }
  routes = {
    bicycle    = { loading_bay = "A", max_distance_km = 3 }
    motorcycle = { loading_bay = "B", max_distance_km = 15 }
    other      = { loading_bay = "C", max_distance_km = 3 }
    van        = { loading_bay = "D", max_distance_km = 60 }
  }
  topic_arn = "arn:aws:sns:eu-west-1:111122223333:scones-test-alarms"
}

run "every_photo_ends_in_exactly_one_way_and_somebody_is_told" {
  assert {
    condition     = alltrue([for role in [aws_iam_role.bulk, aws_iam_role.label_schedule, aws_iam_role.state_machine, aws_iam_role.sweep_schedule, aws_iam_role.uploads] : role.permissions_boundary == var.boundary_arn])
    error_message = "A role has no boundary."
  }

  assert {
    condition = jsonencode({
      for choice in jsondecode(aws_sfn_state_machine.this.definition).States.AssignDriver.Choices :
      choice.StringEquals => jsondecode(aws_sfn_state_machine.this.definition).States[choice.Next].ResultSelector
    }) == jsonencode(var.routes)
    error_message = "The state machine does not assign what the routing table says."
  }

  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.this.definition).States :
      state.TimeoutSeconds > 0 && reverse(state.Catch)[0].ErrorEquals == ["States.ALL"]
      if state.Type == "Task"
    ])
    error_message = "A task could hang, or fail without anybody being told."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.FilterInferences.Catch[0] == { ErrorEquals = ["ThresholdConfidenceNotMet", "UnlikeTraining"], ResultPath = "$.error", Next = "RecordWaiting" }
    error_message = "Low confidence does not wait for a person, or loses its inferences on the way."
  }

  assert {
    condition = length(setintersection(
      flatten([for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) : try(state.Retry[*].ErrorEquals, []) if strcontains(try(state.Resource, ""), "lambda")]),
      ["States.ALL", "States.TaskFailed", "ThresholdConfidenceNotMet", "UnlikeTraining", "NotAnImage", "ImageNotFound", "InvalidEvent", "EndpointNotFound"],
    )) == 0
    error_message = "A retry would only repeat the same answer."
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) : length(setsubtract(
        ["Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException", "Lambda.ServiceException", "Lambda.TooManyRequestsException", "Lambda.Unknown", "Runtime.ExitError"],
        flatten(state.Retry[*].ErrorEquals),
      )) == 0 if strcontains(try(state.Resource, ""), "lambda")
    ])
    error_message = "A fault of Lambda's own that passes by itself fails a photo."
  }

  assert {
    condition     = !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data && aws_sfn_state_machine.this.logging_configuration[0].level == "ALL"
    error_message = "Execution data, and with it photos, would be logged."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.uploads.event_pattern).detail == { bucket = { name = ["scones-test-111122223333"] }, object = { key = [{ prefix = "incoming/" }] } }
    error_message = "The rule looks at other objects."
  }

  assert {
    condition     = aws_cloudwatch_event_target.workflow.input_transformer[0].input_paths.version == "$.detail.object.version-id" && strcontains(aws_cloudwatch_event_target.workflow.input_transformer[0].input_template, "\"version_id\": <version>")
    error_message = "What is classified is not the version that was uploaded."
  }

  assert {
    condition     = aws_cloudwatch_event_target.workflow.dead_letter_config[0].arn == aws_sqs_queue.uploads_dead_letters.arn
    error_message = "An upload that starts nothing would be lost."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.uploads_dead_letters.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == aws_cloudwatch_event_rule.uploads.arn
    error_message = "EventBridge may not write there, or others may."
  }
}

run "a_photo_is_claimed_once_and_its_end_recorded" {
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.ClaimPhoto.Parameters.ConditionExpression == "attribute_not_exists(id) OR #state = :expected OR (#state = :failed AND version_id = :version) OR (#state = :claimed AND #execution = :execution) OR (#state IN (:waiting, :decided) AND attribute_exists(#run))"
    error_message = "A photo could be routed twice, or one that failed never again."
  }

  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.this.definition).States :
      startswith(state.Parameters.ConditionExpression, "#execution = :execution AND #state ")
      if strcontains(try(state.Resource, ""), "dynamodb") && !startswith(name, "Claim")
    ])
    error_message = "An execution could write over what another has recorded."
  }

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) :
      state.Parameters.TableName == "scones-test-photos" && state.Parameters.Key == { id = { "S.$" = "$photo" } } && state.Retry[0].ErrorEquals == ["DynamoDB.ConditionalCheckFailedException"] && state.Retry[0].MaxAttempts == 0
      if strcontains(try(state.Resource, ""), "dynamodb")
    ])
    error_message = "A claim that is taken is asked for again."
  }

  assert {
    condition = alltrue([
      for label in keys(var.routes) : jsondecode(aws_sfn_state_machine.this.definition).States["Assign ${label}"].Next == "EmitDriverRouted"
    ])
    error_message = "A driver is told before it is recorded, or never."
  }

  assert {
    condition = alltrue([
      for label in keys(var.routes) : strcontains(jsondecode(aws_sfn_state_machine.this.definition).States["Assign ${label}"].Parameters.UpdateExpression, "#first = if_not_exists(#first, :first)") && jsondecode(aws_sfn_state_machine.this.definition).States["Assign ${label}"].Parameters.ExpressionAttributeValues[":first"] == { M = { label = { S = label }, "confidence.$" = "$recorded" } }
    ])
    error_message = "A correction wipes out what was answered first."
  }

  assert {
    condition = {
      for name, state in jsondecode(aws_sfn_state_machine.this.definition).States : name => reverse(state.Catch)[0].Next if state.Type == "Task" && name != "Notify"
      } == {
      ReadEvent           = "Notify"
      ClaimPhoto          = "Notify"
      ClaimDecision       = "Notify"
      ClaimCorrection     = "Notify"
      RecordDecided       = "RecordFailed"
      SerializeImageData  = "RecordFailed"
      ClassifyImages      = "RecordFailed"
      FilterInferences    = "RecordFailed"
      "Assign bicycle"    = "RecordFailed"
      "Assign motorcycle" = "RecordFailed"
      "Assign other"      = "RecordFailed"
      "Assign van"        = "RecordFailed"
      EmitDriverRouted    = "RecordUntold"
      RecordWaiting       = "RecordFailed"
      RecordFailed        = "Notify"
      RecordUntold        = "Notify"
    }
    error_message = "A photo that was claimed fails without a record, or nobody is told of it."
  }

  # Of a path that is not there Step Functions can ask one thing only: whether it is.
  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices[1].And) == jsonencode(concat(flatten([
      for name in ["s3_bucket", "s3_key", "version_id", "source", "reference"] : [
        { Variable = "$.${name}", IsPresent = true }, { Variable = "$.${name}", IsString = true },
      ]
      ]), [
      { Variable = "$.version_id", StringGreaterThan = "" },
      { Variable = "$.label", IsPresent = false }, { Variable = "$.decided_by", IsPresent = false }, { Variable = "$.decision", IsPresent = false },
    ]))
    error_message = "An event without one of its parts would end the execution, or a decision be taken for a photo."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.state_machine.policy).Statement : [statement.Action, statement.Resource] if try(statement.Sid, "") == "KeepRegister"
    ] == [["dynamodb:UpdateItem", var.register.arn]]
    error_message = "The workflow may not write the register, or more than that."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_event_target.workflow.input_transformer[0].input_template, "\"source\": \"\", \"reference\": \"\"")
    error_message = "Each upload would be read by a function first."
  }
}

run "a_photo_is_called_as_its_key_says_or_by_its_version" {
  assert {
    condition = [for rule in jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices : rule.Next] == [
      "ClaimPhoto", "ClaimPhoto", "AwaitGrace", "AwaitGrace", "ClaimDecision", "ClaimDecision",
    ]
    error_message = "The first way is not a photo's, of which the cost model says what it costs; or one is missing."
  }

  # Of each two the first is of what the API has uploaded, and no other rule differs.
  assert {
    condition = alltrue([
      for place in [0, 2, 4] : jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices[place].And) == jsonencode(concat(
        jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices[place + 1].And,
        [
          { Variable = "$.s3_key", StringMatches = "incoming/api/*" },
          { Not = { Variable = "$.s3_key", StringMatches = "incoming/api/*/*" } },
          { Not = { Variable = "$.s3_key", StringEquals = "incoming/api/" } },
        ],
      ))
    ])
    error_message = "A photo that the API expects would not be found, or another be taken for it."
  }

  assert {
    condition = toset([for rule in jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices : rule.Assign["photo.$"]]) == toset([
      "States.ArrayGetItem(States.StringSplit($.s3_key, '/'), 2)",
      "States.Hash(States.Format('{}/{}/{}', $.s3_bucket, $.version_id, $.s3_key), 'SHA-256')",
    ])
    error_message = "A photo has another id than in the functions."
  }
}

run "a_decision_with_a_grace_waits_and_can_be_withdrawn" {
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.AwaitGrace == { Type = "Wait", SecondsPath = "$.grace_seconds", Next = "ClaimDecision" }
    error_message = "A decision takes effect at once, or never."
  }

  assert {
    condition = alltrue([
      for name in ["ClaimDecision", "ClaimCorrection"] :
      endswith(jsondecode(aws_sfn_state_machine.this.definition).States[name].Parameters.ConditionExpression, " AND NOT contains(withdrawn, :number)")
    ])
    error_message = "A decision that was withdrawn takes effect."
  }
}

run "a_persons_decision_goes_straight_to_the_driver" {
  # Each field is asked for before it is read: whatever else is wrong is refused by name, by the function.
  assert {
    condition = alltrue([
      for name, asked in { s3_bucket = "IsString", s3_key = "IsString", version_id = "IsString", label = "IsString", vehicle = "IsString", decided_by = "IsString", decision = "IsNumeric" } :
      length(setintersection(
        [jsonencode({ Variable = "$.${name}", IsPresent = true }), jsonencode({ Variable = "$.${name}", (asked) = true })],
        [for rule in jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices[5].And : jsonencode(rule)],
      )) == 2
    ])
    error_message = "A decision without one of its fields would end the execution."
  }

  assert {
    condition = [
      for rule in jsondecode(aws_sfn_state_machine.this.definition).States.NamePhoto.Choices[5].And : rule.Or[*].StringEquals if can(rule.Or)
    ] == [["bicycle", "motorcycle", "other", "van", "unusable"], ["person", "driver"]]
    error_message = "A label that has no route is taken, or one that has is not; or somebody else decides."
  }

  assert {
    condition = {
      for name in ["ClaimDecision", "ClaimCorrection"] : name => [
        split(" AND ", jsondecode(aws_sfn_state_machine.this.definition).States[name].Parameters.ConditionExpression)[0],
        jsondecode(aws_sfn_state_machine.this.definition).States[name].Assign.kind,
        jsondecode(aws_sfn_state_machine.this.definition).States[name].Catch[0].Next,
        jsondecode(aws_sfn_state_machine.this.definition).States[name].Next,
      ]
      } == {
      ClaimDecision   = ["#state = :waiting", "DriverRouted", "Refused", "Decided"]
      ClaimCorrection = ["#state = :routed", "DriverRerouted", "Duplicate", "AssignDriver"]
    }
    error_message = "A decision is taken for a photo of another state, or tells another thing of it."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.Refused == { Type = "Choice", Choices = [{ Or = [{ Variable = "$.label", StringEquals = "unusable" }, { Variable = "$.decided_by", StringEquals = "driver" }], Next = "Duplicate" }], Default = "ClaimCorrection" }
    error_message = "A photo that has a route could lose it to a decision that gives it none."
  }

  # A start event without a label never gets so far; one with has neither confidence nor probabilities.
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.ClaimDecision.Assign.recorded == { NULL = true } && jsondecode(aws_sfn_state_machine.this.definition).States["Assign other"].Parameters.ExpressionAttributeValues[":confidence.$"] == "$recorded"
    error_message = "A person's decision would be recorded with a model's confidence."
  }

  assert {
    condition = jsondecode(aws_sfn_state_machine.this.definition).States.Decided == {
      Type    = "Choice"
      Choices = [{ Or = [{ Variable = "$since", StringMatches = "archive *" }, { Variable = "$.label", StringEquals = "unusable" }], Next = "RecordDecided" }]
      Default = "AssignDriver"
    }
    error_message = "A driver is told of a photo for which none waits, or of one that shows nothing."
  }
}

run "what_an_execution_could_not_do_itself_is_done_after_it" {
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.ended.event_pattern) == {
      source        = ["aws.states"]
      "detail-type" = ["Step Functions Execution Status Change"]
      detail        = { stateMachineArn = [aws_sfn_state_machine.this.arn], status = ["ABORTED", "TIMED_OUT"] }
    }
    error_message = "The rule looks at other executions."
  }

  assert {
    condition     = aws_cloudwatch_event_target.sweep.arn == var.function_arns.sweep && aws_lambda_permission.ended.principal == "events.amazonaws.com" && aws_lambda_permission.ended.source_arn == aws_cloudwatch_event_rule.ended.arn
    error_message = "The rule may not call the function, or others may."
  }

  assert {
    condition     = aws_scheduler_schedule.sweep.schedule_expression == "cron(* * * * ? *)" && aws_scheduler_schedule.sweep.target[0].arn == var.function_arns.sweep
    error_message = "Nobody looks after an event that was lost."
  }
}

run "what_people_say_becomes_a_label_and_says_of_which_model" {
  assert {
    condition     = aws_scheduler_schedule.label.schedule_expression == "cron(10 * * * ? *)" && aws_scheduler_schedule.label.target[0].arn == var.function_arns.label
    error_message = "Nobody writes labels, or only after the monitor has looked for them."
  }

  assert {
    condition = alltrue([
      for name in ["ClaimDecision", "ClaimCorrection"] :
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States[name].Parameters.UpdateExpression, "labelling = :due, labelling_at = :now")
    ])
    error_message = "A decision is made that no label comes of."
  }

  assert {
    condition     = [for name in [":model", ":classes"] : jsondecode(aws_sfn_state_machine.this.definition).States.ClaimPhoto.Parameters.ExpressionAttributeValues[name].S] == ["0123456789abcdef", "motorcycle,bicycle"]
    error_message = "The register does not say which model was asked, or what its probabilities are of."
  }
}

run "a_prefix_is_classified_in_batches_and_summed_up_whatever_happens" {
  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.bulk.definition).States :
      state.ItemBatcher.MaxItemsPerBatch == 40 && state.MaxConcurrency == 3 && state.ToleratedFailurePercentage == 5 && state.ItemProcessor.ProcessorConfig == { Mode = "DISTRIBUTED", ExecutionType = "EXPRESS" }
      if startswith(name, "Classify")
    ])
    error_message = "The settings do not reach both maps."
  }

  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.bulk.definition).States :
      state.Next == "ListResults" && state.Catch == [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "ListResults" }]
      if startswith(name, "Classify")
    ])
    error_message = "A run that is given up has no summary."
  }

  assert {
    condition     = { for name, state in jsondecode(aws_sfn_state_machine.bulk.definition).States : name => state.ItemReader.Resource if startswith(name, "Classify") } == { ClassifyListed = "arn:aws:states:::s3:getObject", ClassifyPrefix = "arn:aws:states:::s3:listObjectsV2" }
    error_message = "A list is not read, or a prefix is not listed."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.bulk.definition).States.Named == { Type = "Pass", InputPath = "$$.Execution.Name", ResultPath = "$.run", Next = "PrefixOrList" } && jsondecode(aws_sfn_state_machine.bulk.definition).StartAt == "Named"
    error_message = "Two runs of one name would share their results."
  }

  assert {
    condition     = length(setintersection(flatten([for state in values(jsondecode(aws_sfn_state_machine.bulk.definition).States.ClassifyPrefix.ItemProcessor.States) : state.Retry[*].ErrorEquals]), ["States.ALL", "EndpointUnavailable", "EndpointThrottled", "EndpointNotFound"])) == 0
    error_message = "A batch that has been patient already is done again."
  }

  assert {
    condition = alltrue([
      for state in concat(
        [for name in ["ListResults", "Summarise"] : jsondecode(aws_sfn_state_machine.bulk.definition).States[name]],
        flatten([for map in values(jsondecode(aws_sfn_state_machine.bulk.definition).States) : values(map.ItemProcessor.States) if map.Type == "Map"]),
        ) : length(setsubtract(
          ["Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException", "Lambda.ServiceException", "Lambda.TooManyRequestsException", "Lambda.Unknown", "Runtime.ExitError"],
          flatten(state.Retry[*].ErrorEquals),
      )) == 0
    ])
    error_message = "A fault of Lambda's own that passes by itself fails a batch or a run."
  }

  assert {
    condition     = !contains([for statement in jsondecode(aws_iam_role_policy.state_machine.policy).Statement : try(contains(statement.Resource, var.function_arns.batch), false)], true)
    error_message = "The workflow may call the functions of bulk work."
  }
}

run "a_batch_that_no_function_can_finish_is_refused" {
  command = plan

  variables {
    bulk = { batch_size = 501, max_concurrency = 1001, tolerated_failure_percent = 101 }
  }

  expect_failures = [var.bulk]
}

run "a_route_without_a_distance_is_refused" {
  command = plan

  variables {
    routes = { bicycle = { loading_bay = "A", max_distance_km = 0 }, other = { loading_bay = "C", max_distance_km = 3 } }
  }

  expect_failures = [var.routes]
}

run "a_table_without_a_route_for_other_vehicles_is_refused" {
  command = plan

  variables {
    routes = { bicycle = { loading_bay = "A", max_distance_km = 3 } }
  }

  expect_failures = [var.routes]
}

run "an_empty_routing_table_is_refused" {
  command = plan

  variables {
    routes = {}
  }

  expect_failures = [var.routes]
}
