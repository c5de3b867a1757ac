"""The containers of AWS that train the model and serve it: pinned here, whatever SDK is installed.

`end_of_patch` is the day after which AWS mends nothing in it any more, by its support policy for Deep Learning
Containers. docs/deploy.md says what to do then.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from core.console import out

REGISTRY = "763104351884.dkr.ecr.{region}.amazonaws.com"
# The built-in algorithm trains on GPUs only (P2, P3, G4dn, G5); train.py is made for a CPU.
INSTANCES = {"script": "ml.c5.xlarge", "builtin": "ml.g4dn.xlarge"}


@dataclass(frozen=True)
class Container:
    repository: str
    version: str  # of PyTorch
    python: str
    end_of_patch: date

    @property
    def name(self) -> str:
        return f"{self.repository}:{self.version}-cpu-{self.python}"

    def address(self, region: str) -> str:
        """Its image, in most regions: AWS's newer ones have a registry of their own, which the SDK knows."""
        return f"{REGISTRY.format(region=region)}/{self.name}"


TRAINING = Container("pytorch-training", "2.10.0", "py313", date(2027, 1, 21))
# The last with TorchServe, and the last that AWS has published for a CPU.
SERVING = Container("pytorch-inference", "2.6.0", "py312", date(2026, 6, 30))


def warn(container: Container) -> None:
    """Say that AWS mends a container no longer."""
    if datetime.now(UTC).date() > container.end_of_patch:
        out.print(
            f"{container.name} has had no patches from AWS since {container.end_of_patch}: "
            f"see Containers in docs/deploy.md"
        )
