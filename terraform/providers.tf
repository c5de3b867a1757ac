# Credentials and AWS_ENDPOINT_URL in the environment alone decide between AWS and the local cloud.
provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "scones-unlimited"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
