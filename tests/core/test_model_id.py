"""A model's id is the same for Terraform, for who promotes it, and for who reads what it answered."""

import hashlib
import re
from pathlib import Path

from core.contract import model_id
from monitoring.capture import find_origin

ENDPOINT = Path(__file__).resolve().parents[2] / "terraform/modules/endpoint/main.tf"
CHECKSUM = hashlib.sha256(b"a model").hexdigest()


def test_terraform_takes_as_many_digits():
    (taken,) = re.findall(r"model_id\s*= .*substr\(model\.sha256, 0, (\d+)\)", ENDPOINT.read_text())
    assert int(taken) == len(model_id.identify(CHECKSUM))


def test_a_captures_place_names_the_model_by_its_id():
    model = model_id.identify(CHECKSUM)
    tail = "ep/AllTraffic/2026/11/26/09"
    assert find_origin(f"captures/{model}/{tail}") == (model, "ep", "AllTraffic")
    assert find_origin(f"captures/{CHECKSUM}/{tail}") == ("", "ep", "AllTraffic")
