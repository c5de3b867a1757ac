"""Workflow variables in states that speak JSONPath, and the times that the context object has.

AWS: a state keeps values under names by its field `Assign`, and any later one reads them as `$name` or, deeper, as
`$name.path`, wherever a path may stand; a name that no state has assigned is `States.Runtime`. `$$.State.EnteredTime`
and `$$.Execution.StartTime` end in milliseconds and `Z`, as `2019-03-26T20:14:13.192Z`.
moto 5.2.5 has each of these read by a Java machine that it does not bring along, compares by them what it has just
read with itself, and writes microseconds and `+00:00`.
Left out here: JSONata.
"""

import copy
import re

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringVariableSample
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_func import (
    ComparisonFuncStringVariableSample,
    ComparisonFuncValue,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.states import StateData
from moto.stepfunctions.parser.asl.eval.variable_store import NoSuchVariable
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError, extract_json
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from localcloud import gaps

REFERENCE = re.compile(r"\$(\w+)(.*)", re.DOTALL)


def install() -> None:
    """Fill the gaps."""

    def enter(EnteredTime: str, Name: str) -> StateData:  # noqa: ARG001,N803 - as moto calls it
        return StateData(EnteredTime=iso_8601_datetime_with_milliseconds(), Name=Name)  # type: ignore[typeddict-item]

    state.StateData = enter  # type: ignore[misc,assignment]

    @gaps.wrap(ExecutionWorker, "_get_evaluation_environment")
    def get_environment(original: gaps.Original, self: ExecutionWorker) -> Environment:
        env: gaps.Amended = original(self)
        execution = env.states.context_object.context_object_data["Execution"]
        execution["StartTime"] = iso_8601_datetime_with_milliseconds(execution["StartTime"])
        return env  # type: ignore[no-any-return]

    @gaps.wrap(StringVariableSample, "_eval_body")
    def eval_body(_original: gaps.Original, self: StringVariableSample, env: Environment) -> None:
        if self.query_language_mode != QueryLanguageMode.JSONPath:
            raise NotImplementedError("the local cloud evaluates no JSONata")
        env.stack.append(read(self.expression, env))

    @gaps.wrap(ComparisonFuncStringVariableSample, "_eval_body")
    def compare(_original: gaps.Original, self: ComparisonFuncStringVariableSample, env: Environment) -> None:
        value = env.stack.pop()
        env.stack.append(read(self.string_variable_sample.expression, env))
        env.stack.append(value)
        ComparisonFuncValue._eval_body(self, env)
        del env.stack[-2]


def read(expression: str, env: Environment) -> object:
    """The value of a reference, as `$photo` or `$photo.name`."""
    name, path = REFERENCE.fullmatch(expression).groups()  # type: ignore[union-attr]
    try:
        value = env.variable_store.get(name)
        return copy.deepcopy(extract_json(f"${path}", value) if path else value)
    except NoSuchVariable as error:
        raise NoSuchJsonPathError(expression, {}) from error
    except NoSuchJsonPathError as error:
        raise NoSuchJsonPathError(expression, value) from error
