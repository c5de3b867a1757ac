mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  kms_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/k"
  prefix         = "scones-test"
  retention_days = 90
}

run "the_table_is_encrypted_can_be_restored_and_forgets" {
  assert {
    condition     = aws_dynamodb_table.this.name == "scones-test-photos" && aws_dynamodb_table.this.hash_key == "id" && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table has another name or key, or is paid for while nothing arrives."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption).enabled && one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "The table is not encrypted with the environment's key."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    error_message = "What is deleted by mistake is lost."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "expires"
    error_message = "The table never forgets."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.this.global_secondary_index : index.name => [index.hash_key, index.range_key] } == { open = ["open", "since"], source = ["camera", "first_at"], owner = ["owner", "asked_at"], day = ["day", "id"], labelling = ["labelling", "labelling_at"] }
    error_message = "Photos that are routed and told would be in the index of open ones, or the oldest would not come first."
  }

  assert {
    condition     = one([for index in aws_dynamodb_table.this.global_secondary_index : index.non_key_attributes if index.name == "day"]) == toset(["blind", "objected_at", "s3_key"])
    error_message = "Whoever chooses among a day's photos would have to read each of them."
  }

  assert {
    condition     = toset(aws_dynamodb_table.this.attribute[*].name) == toset(["id", "open", "since", "camera", "first_at", "owner", "asked_at", "day", "labelling", "labelling_at"])
    error_message = "DynamoDB takes neither an index of an attribute that is not declared, nor an attribute that no index has."
  }

  assert {
    condition     = output.table == { arn = aws_dynamodb_table.this.arn, index_arns = [for index in ["open", "source", "owner", "day", "labelling"] : "${aws_dynamodb_table.this.arn}/index/${index}"], name = "scones-test-photos", retention_days = 90 }
    error_message = "The output names another table or index."
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "A trial environment could not be taken down."
  }
}

run "what_names_people_is_encrypted_is_forgotten_and_has_no_backup" {
  assert {
    condition     = aws_dynamodb_table.reviews.name == "scones-test-reviews" && aws_dynamodb_table.reviews.hash_key == "photo" && aws_dynamodb_table.reviews.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table has another name or key, or is paid for while nobody decides."
  }

  assert {
    condition     = one(aws_dynamodb_table.reviews.server_side_encryption).enabled && one(aws_dynamodb_table.reviews.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "The table is not encrypted with the environment's key."
  }

  assert {
    condition     = one(aws_dynamodb_table.reviews.ttl).enabled && one(aws_dynamodb_table.reviews.ttl).attribute_name == "expires" && length(aws_dynamodb_table.reviews.point_in_time_recovery) == 0
    error_message = "Who decided what is kept for longer than it may be."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.reviews.global_secondary_index : index.name => [index.hash_key, index.range_key] } == { day = ["day", "photo"] } && toset(aws_dynamodb_table.reviews.attribute[*].name) == toset(["photo", "day"])
    error_message = "A day's decisions are not found by the day."
  }

  assert {
    condition     = output.reviews == { arn = aws_dynamodb_table.reviews.arn, index_arn = "${aws_dynamodb_table.reviews.arn}/index/day", name = "scones-test-reviews" }
    error_message = "The output names another table or index."
  }
}

run "a_protected_table_stays" {
  variables {
    deletion_protection = true
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table can be deleted."
  }
}

run "a_register_that_keeps_less_than_it_can_be_put_back_from_is_refused" {
  command = plan

  variables {
    retention_days = 34
  }

  expect_failures = [var.retention_days]
}
