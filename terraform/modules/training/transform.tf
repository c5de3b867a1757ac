# The role of a batch transform job, which is its model's: it reads photos and models, and writes only its answers.
resource "aws_iam_role" "transform" {
  name                 = "${var.prefix}-transform"
  permissions_boundary = var.boundary_arn
  assume_role_policy   = aws_iam_role.this.assume_role_policy
}

resource "aws_iam_role_policy" "transform" {
  name = "transform"
  role = aws_iam_role.transform.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.every_job.TransformJobs, [
      {
        Sid      = "ReadPhotosAndModels"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for folder in ["archive", "incoming", "models", "results/transform"] : "${var.bucket_arn}/${folder}/*"]
      },
      {
        # Without it S3 calls a photo that is gone "access denied" instead of "no such key".
        Sid      = "FindPhotos"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.bucket_arn
      },
      {
        Sid      = "WriteAnswers"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${var.bucket_arn}/results/transform/*"
      },
    ])
  })
}
