"""Records of deployments, as they come from the bucket."""

from typing import Any

from delivery.deployment import Deployment

PLAN: dict[str, Any] = {
    "name": "plan",
    "began": "2026-03-02T12:00:00+00:00",
    "seconds": 61.0,
    "error": None,
    "saw": {},
}


def model_of(name: str) -> dict[str, Any]:
    return {
        "artefact": f"s3://b/models/{name}/model.tar.gz",
        "sha256": name,
        "image": "i",
        "environment": {},
        "labels": [],
        "dataset_id": "d",
        "metrics": {"a": 0.9},
        "run": "r",
        "override_reason": None,
    }


def make(
    number: int, name: str, outcome: str = "success", before: str | None = "first", **parts: Any
) -> Deployment:
    """The record of one deployment, whose model verify found good if it succeeded."""
    verify = PLAN | {"name": "verify", "seconds": 9.0, "saw": {"model": name, "answer": [0.98, 0.02]}}
    return Deployment(
        **{
            "id": f"20260302T1200{number:02}Z-30-1",
            "environment": "staging",
            "ended": f"2026-03-02T12:00:{number:02}+00:00",
            "outcome": outcome,
            "step": None if outcome == "success" else "verify",
            "why": None if outcome == "success" else "another model?",
            "asked": {"actor": "octocat", "caller": "arn:aws:sts::1:x", "pull": 7, "author": "ada"},
            "agreed": [{"who": "grace", "to": "the environment staging", "commit": None}],
            "commit": "c0ffee" * 6,
            "clean": True,
            "digest": "d1" * 32,
            "model": model_of(name),
            "model_id": name,
            "model_before": before,
            "live": {},
            "steps": [PLAN, verify],
            "unknown": [],
        }
        | parts
    )
