# Who looks at which photo, and who decided what: all that names a person is here, and is forgotten before the photo is.

resource "aws_dynamodb_table" "reviews" {
  #checkov:skip=CKV_AWS_28:What names a person is to be gone after its days, and backups would keep it for 35 more. No route depends on it.
  name         = "${var.prefix}-reviews"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "photo"

  dynamic "attribute" {
    for_each = ["photo", "day"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  # What was decided on a day, and by whom.
  global_secondary_index {
    name               = "day"
    hash_key           = "day"
    range_key          = "photo"
    projection_type    = "INCLUDE"
    non_key_attributes = ["decided_by_sub"]
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
