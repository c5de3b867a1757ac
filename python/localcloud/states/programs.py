"""What an execution runs: its state machine's definition, parsed once, and its own copy of it where it needs one.

moto 5.2.5 parses the definition for each execution, which takes more than half of a short one's time. What it makes of
a Map or a Parallel has state of its own while it runs (workers, a map run), so that no two executions may share it; all
other states keep theirs in the execution, where a retry counts under its component's key, which is made at first use.
It also describes a state that fails, with all that is in it, for a log that nobody reads.
"""

import functools
import pickle
import threading
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from localcloud import gaps

KEPT = 64  # definitions
OF_THEIR_OWN = ('"Map"', '"Parallel"')

_naming = threading.Lock()


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(ExecutionWorker, "_get_evaluation_entrypoint")
    def get_entrypoint(_original: gaps.Original, self: ExecutionWorker) -> EvalComponent:
        return _find(self._evaluation_details.state_machine_details.definition)()

    find_key: Any = vars(EvalComponent)["heap_key"].fget

    def heap_key(self: EvalComponent) -> str:
        with _naming:
            return str(find_key(self))

    EvalComponent.heap_key = property(heap_key)  # type: ignore[method-assign,assignment]

    for name in ("_log_exception", "_log_failure_event_exception"):

        @gaps.wrap(EvalComponent, name)
        def say_nothing(_original: gaps.Original, _self: EvalComponent, **_failure: object) -> None:
            pass


@functools.lru_cache(KEPT)
def _find(definition: str) -> Callable[[], EvalComponent]:
    """What makes the program of one execution."""
    program: EvalComponent = AmazonStateLanguageParser.parse(definition)[0]
    if not any(kind in definition for kind in OF_THEIR_OWN):
        return lambda: program
    parsed = pickle.dumps(program, pickle.HIGHEST_PROTOCOL)
    return lambda: pickle.loads(parsed)  # type: ignore[no-any-return]  # noqa: S301 - made by this process
