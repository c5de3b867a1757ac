"""What parliament has against policies: python lint.py, where it can be imported from.

It reads a list of policies from its input and prints a list of findings for each: their kinds, and what they are about.
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore", "pkg_resources is deprecated")

import parliament  # noqa: E402 - it warns when it is imported


def find(policy: object) -> list[tuple[str, object]]:
    findings = parliament.analyze_policy_string(json.dumps(policy)).findings
    return [(finding.issue, finding.detail) for finding in findings]


print(json.dumps([find(policy) for policy in json.load(sys.stdin)]))
