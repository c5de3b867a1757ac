output "table" {
  description = "The table: its ARN, those of its indexes of open photos and of each source's, its name, and the days that a photo is kept in it."
  value = {
    arn            = aws_dynamodb_table.this.arn
    index_arns     = [for index in ["open", "source"] : "${aws_dynamodb_table.this.arn}/index/${index}"]
    name           = aws_dynamodb_table.this.name
    retention_days = var.retention_days
  }
}
