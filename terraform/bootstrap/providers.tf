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
