# What could open something and is known only after apply, or only looks so.

resource "terraform_data" "world" {
  input = "0.0.0.0/0"
}

resource "terraform_data" "none" {
  input = "NONE"
}

resource "terraform_data" "yes" {
  input = true
}

locals {
  world = terraform_data.world.output
}

resource "aws_vpc_security_group_ingress_rule" "open_output" {
  security_group_id = "sg-1"
  ip_protocol       = "-1"
  cidr_ipv4         = terraform_data.world.output
}

resource "aws_vpc_security_group_ingress_rule" "open_local" {
  security_group_id = "sg-1"
  ip_protocol       = "-1"
  cidr_ipv4         = local.world
}

resource "aws_vpc_security_group_ingress_rule" "open_choice" {
  security_group_id = "sg-1"
  ip_protocol       = "-1"
  cidr_ipv4         = terraform_data.new.id == "" ? "10.0.0.0/16" : "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "open_mask" {
  security_group_id = "sg-1"
  ip_protocol       = "-1"
  cidr_ipv4         = "${aws_eip.this.public_ip}/0"
}

resource "aws_security_group" "open_repeated" {
  name = "open"

  dynamic "ingress" {
    for_each = [terraform_data.world.output]

    content {
      from_port   = 0
      to_port     = 0
      protocol    = "-1"
      cidr_blocks = [ingress.value]
    }
  }
}

resource "aws_security_group" "open_list" {
  name = "list"
  ingress = [for it in [terraform_data.world.output] : {
    cidr_blocks      = [it]
    description      = ""
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    ipv6_cidr_blocks = []
    prefix_list_ids  = []
    security_groups  = []
    self             = false
  }]
}

resource "aws_lambda_function_url" "open_url" {
  function_name      = "f"
  authorization_type = terraform_data.none.output
}

resource "aws_s3_bucket_acl" "open_acl" {
  bucket = "b"
  acl    = terraform_data.none.output
}

resource "aws_redshift_cluster" "open_cluster" {
  cluster_identifier  = "c"
  node_type           = "ra3.large"
  publicly_accessible = terraform_data.yes.output
  skip_final_snapshot = true
}

resource "aws_lambda_permission" "open_permission" {
  action        = "lambda:InvokeFunction"
  function_name = "f"
  principal     = terraform_data.world.output
}

resource "aws_eip" "this" {}

resource "aws_vpc_security_group_ingress_rule" "kept_to_one" {
  security_group_id = "sg-1"
  ip_protocol       = "-1"
  cidr_ipv4         = "${aws_eip.this.public_ip}/32"
}

resource "aws_vpc" "this" {
  ipv4_ipam_pool_id   = "ipam-pool-1"
  ipv4_netmask_length = 20
}

resource "aws_subnet" "kept_to_itself" {
  vpc_id     = aws_vpc.this.id
  cidr_block = cidrsubnet(aws_vpc.this.cidr_block, 4, 1)
}

resource "aws_security_group" "kept_to_us" {
  name = "kept"

  ingress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = concat([aws_vpc.this.cidr_block], ["10.1.0.0/16"])
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = [terraform_data.world.output]
  }
}

resource "aws_s3_bucket_acl" "kept_to_the_owner" {
  bucket = terraform_data.new.id
  acl    = "private"
}

resource "aws_lambda_permission" "kept_to_a_role" {
  action        = "lambda:InvokeFunction"
  function_name = "f"
  principal     = aws_iam_role.us.arn
}
