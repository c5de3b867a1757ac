"""An execution's history, as Step Functions keeps it."""

from collections.abc import Mapping
from typing import cast

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager


def note(env: Environment, event: str, details: Mapping[str, object] | None = None) -> None:
    """Add an event of this type: `details` holds its details under their name."""
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType(event),
        event_details=cast(EventDetails | None, details),
    )


def fork(manager: EventManager) -> EventManager:
    """A history that begins as this one, and does not change with it."""
    history = EventManager()
    history._history_event_list.extend(manager.get_event_history())
    history._event_id_gen._next_id = len(history._history_event_list) + 1
    return history
