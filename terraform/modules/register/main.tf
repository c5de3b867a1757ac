# The register: what became of each photo, by the version of the object that was uploaded.

resource "aws_dynamodb_table" "this" {
  name                        = "${var.prefix}-photos"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = ["id", "open", "since", "camera", "first_at", "owner", "asked_at", "day", "labelling", "labelling_at"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  # Sparse: a photo that is routed and told has neither attribute, and is not in it.
  global_secondary_index {
    name               = "open"
    hash_key           = "open"
    range_key          = "since"
    projection_type    = "INCLUDE"
    non_key_attributes = ["error", "execution", "expires", "s3_key"]
  }

  # What each camera sent, the newest last, and which of it waited for a person. Sparse too: a photo that came with others
  # in a bulk run is of no camera.
  global_secondary_index {
    name               = "source"
    hash_key           = "camera"
    range_key          = "first_at"
    projection_type    = "INCLUDE"
    non_key_attributes = ["waiting_at"]
  }

  # What each program and each device sent over the API, the newest last.
  global_secondary_index {
    name            = "owner"
    hash_key        = "owner"
    range_key       = "asked_at"
    projection_type = "KEYS_ONLY"
  }

  # What was routed on a day, and by whom, in the order of the ids: which of it is looked at again is chosen by these.
  global_secondary_index {
    name               = "day"
    hash_key           = "day"
    range_key          = "id"
    projection_type    = "INCLUDE"
    non_key_attributes = ["blind", "objected_at", "s3_key"]
  }

  # Of what people have said something that is not written as a label yet, and what two of them have said the same of.
  global_secondary_index {
    name            = "labelling"
    hash_key        = "labelling"
    range_key       = "labelling_at"
    projection_type = "KEYS_ONLY"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
