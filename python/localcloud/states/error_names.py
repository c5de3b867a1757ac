"""Which name a failure has, and which names a Retry or a Catch meets by it.

AWS: `States.Runtime` ends the execution whatever a Retry or a Catch says, and `States.DataLimitExceeded` unless it is
named: `States.ALL` stands for neither. What cannot be read, a path that leads nowhere or an intrinsic's argument, is
`States.Runtime`; a service's own refusal has the service's name, and what a branch or an iteration fails by is what
the Parallel or the Map fails by.
moto 5.2.5 lets `States.ALL` meet everything. It gives a task of DynamoDB that cannot be read the name
`DynamoDB.AmazonDynamoDBException`, a time-out as well, and a task that is a function's ARN `Exception`; a refusal of
EventBridge's is `States.Runtime`, and so is any error of a branch or an iteration whose name begins with `States.`.
No page of AWS's says what a refusal of EventBridge's is called: here like those of DynamoDB, by its code.
"""

from typing import cast

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import (
    LambdaFunctionErrorException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (
    StateTaskServiceEvents,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from localcloud import gaps

RUNTIME, TOO_LARGE = "States.Runtime", "States.DataLimitExceeded"
STATES = "States."
SAID_BY_FUNCTIONS = (ClientError, FailureEventException, LambdaFunctionErrorException, TimeoutError)


def install() -> None:
    """Fill the gaps."""
    iteration_worker.CustomErrorName = branches_decl.CustomErrorName = name  # type: ignore[misc,assignment]

    @gaps.wrap(ErrorEqualsDecl, "_eval_body")
    def eval_body(original: gaps.Original, self: ErrorEqualsDecl, env: Environment) -> None:
        reported = env.stack[-1].error_name if env.stack[-1] else None
        named = [known.error_name for known in self.error_names]
        if reported == RUNTIME or (reported == TOO_LARGE and TOO_LARGE not in named):
            env.stack[-1] = False
        else:
            original(self, env)

    @gaps.wrap(StateTaskLambda, "_from_error")
    def from_error_of_function(
        original: gaps.Original, self: StateTaskLambda, env: Environment, ex: Exception
    ) -> FailureEvent:
        if isinstance(ex, SAID_BY_FUNCTIONS):
            return original(self, env=env, ex=ex)  # type: ignore[no-any-return]
        return StateTask._from_error(self, env=env, ex=ex)

    @gaps.wrap(StateTaskServiceDynamoDB, "_from_error")
    def from_error_of_dynamodb(
        original: gaps.Original, self: StateTaskServiceDynamoDB, env: Environment, ex: Exception
    ) -> FailureEvent:
        if isinstance(ex, ClientError):
            return original(self, env=env, ex=ex)  # type: ignore[no-any-return]
        return StateTaskService._from_error(self, env=env, ex=ex)

    @gaps.wrap(StateTaskServiceEvents, "_from_error")
    def from_error_of_events(
        original: gaps.Original, self: StateTaskServiceEvents, env: Environment, ex: Exception
    ) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return original(self, env=env, ex=ex)  # type: ignore[no-any-return]
        refusal = ex.response["Error"]
        failed = TaskFailedEventDetails(
            error=f"EventBridge.{refusal['Code']}",
            cause=refusal["Message"],
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
        )
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(failed["error"]),
            event_type=HistoryEventType.TaskFailed,
            event_details=cast(EventDetails, {"taskFailedEventDetails": failed}),
        )


def name(error_name: str | None) -> ErrorName:
    """An error by its name, whoever gave it."""
    if error_name and error_name.startswith(STATES):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)
