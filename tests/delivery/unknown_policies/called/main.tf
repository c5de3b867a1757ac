variable "statements" {}
variable "open" {}

output "policy" {
  value = jsonencode({ Statement = concat(var.statements, [merge(var.statements[0], { Sid = "Again" })]) })
}

output "open" {
  value = jsonencode({ Statement = var.open })
}
