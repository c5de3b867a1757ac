"""What a job's role needs of the keys that encrypt its instances' disks and what it leaves in S3.

AWS: the disks are encrypted by a grant, which the role makes, or else who asks for the job; here the role has to.
`kms:Encrypt` is asked for besides what S3 asks for itself. No source says whether a job is refused at once or fails:
here it fails.
"""

from core.contract.shapes import Json
from localcloud.access import enforcement, resource_policies
from localcloud.models.container import JobFailed

SERVICE, SESSION = "sagemaker", "SageMaker"
OF_DISKS = ("kms:CreateGrant", "kms:DescribeKey")
OF_RESULTS = ("kms:Encrypt",)


def check(role: str, disks: Json, results: Json, region: str) -> None:
    """Raise JobFailed for a permission that the role lacks."""
    for name, actions in ((disks.get("VolumeKmsKeyId"), OF_DISKS), (results.get("KmsKeyId"), OF_RESULTS)):
        key = resource_policies.find_customer_key(region, role.split(":")[4], name)
        known = enforcement.say_through(SERVICE, region)
        if key:
            refused = (enforcement.explain(role, action, key.arn, SESSION, known) for action in actions)
            if why := next(filter(None, refused), ""):
                raise JobFailed(f"ClientError: {why}")
