output "table" {
  description = "The table: its ARN, that of its index of open photos, its name, and the days that a photo is kept in it."
  value = {
    arn            = aws_dynamodb_table.this.arn
    index_arn      = "${aws_dynamodb_table.this.arn}/index/open"
    name           = aws_dynamodb_table.this.name
    retention_days = var.retention_days
  }
}
