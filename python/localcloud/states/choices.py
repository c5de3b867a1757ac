"""A Choice's rules: what they may ask of something that is not there, and what they assign.

AWS: `IsPresent` alone may ask for it; any other comparison of a path that leads nowhere is `States.Runtime`, so that
a rule asks `IsPresent` first, in an `And`. A rule that holds assigns variables of the state's input.
Of a pattern of `StringMatches` only `*` stands for something else, any text, and after a backslash for itself.
moto 5.2.5 takes every other comparison for not met, the rule's truth for the input, and the pattern for a shell's.
"""

import functools
import re
from typing import cast

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.choice.choice_rule import ChoiceRule
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_func import ComparisonFunc
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_operator_type import (
    ComparisonOperatorType,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_variable import (
    ComparisonVariable,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.string_operators import (
    StringMatches,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.variable import NoSuchVariable, Variable
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from localcloud import gaps

SIGN = re.compile(r"\\(.)|(.)", re.DOTALL)
CAUSE = "Invalid path '{path}': The choice state's condition path references an invalid value."


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(ChoiceRule, "_eval_body")
    def eval_rule(_original: gaps.Original, self: gaps.Amended, env: Environment) -> None:
        self.comparison.eval(env)
        if env.stack[-1] and self.assign:
            holds = env.stack.pop()
            self.assign.eval(env)
            env.stack.append(holds)

    @gaps.wrap(ComparisonVariable, "_eval_body")
    def eval_body(_original: gaps.Original, self: ComparisonVariable, env: Environment) -> None:
        compare(self.variable, self.comparison_function, env)

    StringMatches._compare = staticmethod(matches)  # type: ignore[assignment,method-assign]


def matches(value: object, pattern: str) -> bool:
    """Whether the value is a text of this pattern."""
    return isinstance(value, str) and _compiled(pattern).fullmatch(value) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    signs = SIGN.finditer(pattern)
    parts = (".*" if sign[2] == "*" else re.escape(sign[1] or sign[2]) for sign in signs)
    return re.compile("".join(parts), re.DOTALL)


def compare(variable: Variable, function: ComparisonFunc, env: Environment) -> None:
    """Leave the rule's truth on the stack, or fail."""
    variable.eval(env)
    if (
        isinstance(env.stack[-1], NoSuchVariable)
        and function.operator_type != ComparisonOperatorType.IsPresent
    ):
        runtime = StatesErrorNameType.StatesRuntime
        failed = ExecutionFailedEventDetails(
            error=runtime.to_name(), cause=CAUSE.format(path=variable.string_sampler.literal_value)
        )
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(runtime),
                event_type=HistoryEventType.ExecutionFailed,
                event_details=cast(EventDetails, {"executionFailedEventDetails": failed}),
            )
        )
    function.eval(env)
