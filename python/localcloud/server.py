"""The local cloud's server: moto with its gaps filled, on 127.0.0.1, gone without a trace when it stops."""

import contextlib
import functools
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from core.console import UserError
from localcloud import defects

HOST = "127.0.0.1"
LAST_PORT = 65535
READY = re.compile(r"local cloud ready at (http://\S+)")
START_SECONDS = 60
STOP_SECONDS = 20
POLL_SECONDS = 0.1
BACKLOG = 256
COLLECT = (100_000, 50, 50)  # objects before a collection, and collections before one of older ones


def serve(port: int, log: Path, speed: float = 1, *, owned: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; if somebody owns it, until SIGTERM.

    Port 0 takes any free one; the ready line on standard output says which.
    """
    defects.install(log)
    # Imported here, so that `running` stays cheap to import: these load most of moto.
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    from localcloud import (
        autoscaling,
        budgets,
        children,
        clients,
        dynamodb,
        errands,
        faults,
        iam,
        identifiers,
        indexes,
        journal,
        logs,
        recovery,
        s3,
        servicequotas,
        sqs,
        update_trees,
    )
    from localcloud.access import principals, refusals, web_identity
    from localcloud.buckets import bucket_cors, post_forms
    from localcloud.events import buses, delay, rules, scheduler
    from localcloud.functions import lambdas
    from localcloud.gateway import console_told, control_plane, data_plane, stage_tags
    from localcloud.http import headers, remembering, settings, spellings
    from localcloud.http.connections import Handler
    from localcloud.metrics import alarms, cloudwatch, embedded, log_filters, pace
    from localcloud.models import endpoints, sagemaker, training_jobs, transform_jobs
    from localcloud.people import client_rules, invitations, pages, pool_changes
    from localcloud.states import stepfunctions

    pace.set_pace(speed)
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["stepfunctions"] = {"execute_state_machine": True}

    servicequotas.install()

    def make_application(service: Any) -> Any:
        made = create_backend_app(service)
        made.debug = False  # Flask's help with mistakes in forms, at the cost of each request
        made.config["PROPAGATE_EXCEPTIONS"] = True
        return made

    moto = DomainDispatcherApplication(make_application)
    find_backend = moto.get_backend_for_host

    # It tries the patterns of all services, for each request.
    @functools.cache
    def find_once(host: str) -> Any:
        found = find_backend(host)
        # Requests to either are signed for the same name, and there are HTTP APIs only.
        return "apigatewayv2" if found == "apigateway" else found

    moto.get_backend_for_host = find_once  # type: ignore[method-assign]
    try:
        listener = socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        raise UserError(
            f"port {port} cannot be had ({error.strerror}): choose another for this and all else that you make, "
            f"as in make cloud CLOUD_PORT={port + 1 if port < LAST_PORT else port - 1}"
        ) from error
    port = listener.getsockname()[1]
    url = f"http://{HOST}:{port}"
    told = {
        "answer-limit": lambda seconds: endpoints.set_answer_limit(float(seconds)),
        "fault": faults.set_fault,
        "notification-delay": lambda seconds: delay.set_seconds(float(seconds)),
        "scheduled": lambda minute: scheduler.fire_at(url, minute),
    }
    objects = bucket_cors.serve(post_forms.serve(moto, url))
    served = data_plane.serve(pages.serve(objects, url))
    application = settings.serve(journal.serve(_answer_failures(served)), told)
    clients.install(url, application)
    server = make_server(
        HOST, port, application, threaded=True, request_handler=Handler, fd=listener.fileno()
    )
    server.handle_error = lambda *_: _report_current()  # type: ignore[method-assign]
    os.environ["MOTO_PORT"] = str(port)  # where moto's own clients look for this server

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    # Ctrl-C reaches its owner too, whose other children have calls under way: Terraform would ask for minutes.
    signal.signal(signal.SIGINT, signal.SIG_IGN if owned else stop)
    signal.signal(signal.SIGTERM, stop)
    with tempfile.TemporaryDirectory(prefix="localcloud-") as folder:
        for module in (
            autoscaling,
            budgets,
            buses,
            client_rules,
            cloudwatch,
            delay,
            dynamodb,
            embedded,
            errands,
            headers,
            iam,
            identifiers,
            indexes,
            invitations,
            journal,
            log_filters,
            logs,
            pool_changes,
            post_forms,
            recovery,
            remembering,
            s3,
            spellings,
            sqs,
            stage_tags,
            update_trees,
        ):
            module.install()
        for module in (principals, refusals, web_identity):
            module.install()
        for module in (alarms, rules, scheduler, stepfunctions):
            module.install(url)
        # Nobody reads what an owned one prints.
        tell: Callable[[str], object] = str if owned else functools.partial(print, flush=True)
        control_plane.install(url, tell)
        console_told.install(tell)
        for module in (lambdas, sagemaker, training_jobs, transform_jobs):
            module.install(url, Path(folder))
        # All that is loaded stays: to look through it for what nobody holds any more took a quarter of each request.
        gc.freeze()
        gc.set_threshold(*COLLECT)
        print(f"local cloud ready at {url}", flush=True)
        if not owned:
            print("Ctrl-C ends it, and with it goes everything that you make in it", flush=True)
        try:
            server.serve_forever(POLL_SECONDS)
        finally:
            defects.stop()
            children.stop_all()
    if not owned:
        print("the local cloud is gone, with everything in it: make bootstrap plan apply in the next one")
    sys.stdout.flush()
    os._exit(
        0
    )  # threads that wait for a child that is gone, or sleep before a retry, have nothing left to do


def _answer_failures(application: WSGIApplication) -> WSGIApplication:
    """What the local cloud cannot do is said at once: clients retry a status 500 for minutes, but not a 501."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Exception as error:
            answered = {"__type": "NotImplemented", "message": defects.report(error)}
            start_response("501 Not Implemented", [("Content-Type", "application/json")])
            return [json.dumps(answered).encode()]

    return answer


def _report_current() -> None:
    if error := sys.exception():
        defects.report(error)


@contextlib.contextmanager
def running(log: Path | None = None, pace: float = 1) -> Iterator[str]:
    """Run the local cloud as a process of its own while the context lasts, and yield its URL."""
    command = [sys.executable, "-m", "localcloud", "--port", "0", "--pace", str(pace), "--owned"]
    command += ["--log", str(log)] if log else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = cast(IO[str], process.stdout)
    try:
        ready = READY.match(printed.readline())
        if ready is None:
            status = process.wait(START_SECONDS)
            raise UserError(f"the local cloud did not start (exit status {status}): it has said why above")
        yield ready[1]
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        printed.close()
