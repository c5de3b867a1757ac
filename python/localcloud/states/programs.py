"""What an execution runs: its state machine's definition, parsed once, and each execution's own copy of it.

moto 5.2.5 parses the definition for each execution, which takes more than half of a short one's time. What it makes of
a definition has state of its own while it runs (a Map's workers, its map run), so that no two executions may share it.
"""

import functools
import pickle

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from localcloud import gaps

KEPT = 64  # definitions


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(ExecutionWorker, "_get_evaluation_entrypoint")
    def get_entrypoint(_original: gaps.Original, self: ExecutionWorker) -> EvalComponent:
        parsed = _parse(self._evaluation_details.state_machine_details.definition)
        program: EvalComponent = pickle.loads(parsed)  # noqa: S301 - made by this process
        return program


@functools.lru_cache(KEPT)
def _parse(definition: str) -> bytes:
    return pickle.dumps(AmazonStateLanguageParser.parse(definition)[0], pickle.HIGHEST_PROTOCOL)
