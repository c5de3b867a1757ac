"""Work off tasks in processes of one task each, a few of them at once, and hear of their steps.

    for _ in work_off(train, tasks, names, finish): ...     goes round after each step of a task

What goes wrong in one, Ctrl-C and an error here end all of them, in a line.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from core.console import UserError

Task = TypeVar("Task")
Step = Callable[[], None]
Work = Callable[[Task, Step], bytes]


def work_off(
    work: Work, tasks: Sequence[Task], names: Sequence[str], finish: Callable[[int, bytes], None]
) -> Iterator[None]:
    """Tell `finish` of each task, by its number, what came of it, as soon as it has ended."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit PyTorch's threads half alive
    waiting = list(enumerate(tasks))
    running: dict[Connection, tuple[int, SpawnProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < count_processors():
                number, task = waiting.pop(0)
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=do, args=(work, task, theirs), daemon=True)
                with without_interrupts():
                    process.start()
                    running[ours] = number, process
                theirs.close()
            ready = wait(list(running))
            for pipe in [it for it in running if it in ready]:
                number, process = running[pipe]
                done = hear(pipe, names[number])
                if done is None:
                    yield
                    continue
                process.join()
                del running[pipe]
                finish(number, done)
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def hear(pipe: Connection, name: str) -> bytes | None:
    """The result, or None after a step."""
    try:
        done, wrong = pipe.recv()
    except (EOFError, OSError):
        raise UserError(f"{name} was ended from outside: give it more memory, or fewer processors") from None
    if wrong:
        raise UserError(f"{name}: {wrong}")
    return done


def do(work: Work, task: Task, pipe: Connection) -> None:
    """In the process: nobody hears it any more when its parent is gone, and then it ends."""
    with contextlib.suppress(BrokenPipeError):
        try:
            pipe.send((work(task, lambda: pipe.send((None, ""))), ""))
        except UserError as error:
            pipe.send((None, str(error)))
        except BrokenPipeError:
            raise
        except Exception as error:
            pipe.send((None, f"{type(error).__name__}: {error}"))


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """A process that is started meanwhile never hears Ctrl-C; who starts it, does so afterwards."""
    resource_tracker.ensure_running()  # starting it lets them through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def count_processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
