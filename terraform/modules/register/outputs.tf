output "reviews" {
  description = "The table of who decided what: its ARN, that of its index of each day's decisions, and its name."
  value = {
    arn       = aws_dynamodb_table.reviews.arn
    index_arn = "${aws_dynamodb_table.reviews.arn}/index/day"
    name      = aws_dynamodb_table.reviews.name
  }
}

output "table" {
  description = "The table: its ARN, those of its indexes of open photos, of each source's, owner's and day's, and of what is to be labelled, its name, and the days that a photo is kept in it."
  value = {
    arn            = aws_dynamodb_table.this.arn
    index_arns     = [for index in ["open", "source", "owner", "day", "labelling"] : "${aws_dynamodb_table.this.arn}/index/${index}"]
    name           = aws_dynamodb_table.this.name
    retention_days = var.retention_days
  }
}
