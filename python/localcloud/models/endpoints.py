"""What runs behind SageMaker's endpoints: one model server (see `modelserver`) per production variant.

AWS: an endpoint is in service once its container answers the ping, and SageMaker's PyTorch container does so before it
has loaded the model. So a model that cannot load fails no endpoint and takes no update back: its requests time out.
What fails one is what keeps the container from starting, such as an image or an artefact that cannot be fetched.
A request may take a minute. `PUT /_localcloud/answer-limit` says otherwise, in seconds: no pace shortens it, because a
model takes as long to answer here as anywhere.
"""

import contextlib
import http.client
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from botocore.exceptions import ClientError
from moto.logs.models import LogsBackend
from moto.sagemaker.models import Model

from core import archives
from core.contract.shapes import Json
from localcloud import children, clients, logs
from localcloud.access import principals

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PROGRAM = Path(__file__).with_name("modelserver.py")
DEFAULT_CODE = "inference.py"
HOST = "127.0.0.1"
SESSION = "SageMaker"
# An endpoint is held back so long for its model: in AWS, instances take longer to start than models do.
LOAD_SECONDS = 120
ENDING_SECONDS = 2
ANSWER_SECONDS = 60  # SageMaker's own limit
NO_ANSWER = 0  # the status that stands in its ModelError then
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
FORWARDED = ("Accept", "Content-Type", ATTRIBUTES)

_answer_limit = float(ANSWER_SECONDS)


def set_answer_limit(seconds: float) -> None:
    global _answer_limit
    _answer_limit = seconds


class ModelFailed(Exception):
    """A model that cannot be served. The text is the endpoint's reason."""


@dataclass(frozen=True)
class Reply:
    """What a model answered."""

    status: int
    content_type: str
    body: bytes
    attributes: str = ""  # that the model's code set


class ModelServer:
    """The process that serves one variant."""

    def __init__(self, model: Json, log: logs.Stream, url: str, folder: Path) -> None:
        container = model.get("PrimaryContainer") or model["Containers"][0]
        self.environment = container.get("Environment") or {}
        self.log = log
        self.restarting = threading.Lock()
        self.directory = Path(tempfile.mkdtemp(prefix="model-", dir=folder))
        self.role = principals.assume(model["ExecutionRoleArn"], SESSION)
        s3 = clients.client("s3", log.region, url, self.role)
        _unpack(container.get("ModelDataUrl", ""), s3, self.directory)
        program = self.environment.get("SAGEMAKER_PROGRAM", DEFAULT_CODE)
        if not (self.directory / "code" / program).is_file():
            raise ModelFailed(
                f"The local cloud has no container {container.get('Image', '')}: it serves artefacts that bring "
                f"their own code/{program}, and this one does not."
            )
        self.program = program
        self._start()

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Ask the model. A process that died answers 500, and the next request finds a new one."""
        with self.restarting:
            if self.process.poll() is not None:
                self.stop_process()
                self._start()
        forwarded = {name: headers[name] for name in FORWARDED if headers.get(name)}
        try:
            return self._request("POST", "/invocations", body, forwarded, _answer_limit)
        except TimeoutError:
            message = "Your invocation timed out while waiting for a response from container primary."
            return Reply(NO_ANSWER, "", message.encode())
        except (OSError, http.client.HTTPException):
            # Its connection ends some moments before the process does, which the next request asks for.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(ENDING_SECONDS)
            return Reply(500, "text/plain", b"The container went away while it worked on the request.")

    def stop(self) -> None:
        self.stop_process()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop_process(self) -> None:
        children.stop(self.process)

    def _start(self) -> None:
        self.idle: list[
            http.client.HTTPConnection
        ] = []  # the last one used is the first one to be used again
        with socket.create_server((HOST, 0)) as listener:
            self.port = listener.getsockname()[1]
            descriptor = listener.fileno()
            self.process = children.start(
                [sys.executable, "-I", str(PROGRAM), str(descriptor), str(self.directory), self.program],
                cwd=self.directory,
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "TMPDIR": str(self.directory),
                    **self.environment,
                },
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        output, none = children.output(self.process), deque[str](maxlen=0)
        threading.Thread(target=self.log.copy, args=(output, none), daemon=True).start()
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._request("GET", "/loaded", None, {}, LOAD_SECONDS)

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float
    ) -> Reply:
        try:
            connection = self.idle.pop()
        except IndexError:
            connection = http.client.HTTPConnection(HOST, self.port)
            connection.connect()
        connection.sock.settimeout(seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            kind, attributes = response.getheader("Content-Type", ""), response.getheader(ATTRIBUTES, "")
            reply = Reply(response.status, kind, response.read(), attributes)
        except Exception:
            connection.close()
            raise
        self.idle.append(connection)
        return reply


class Endpoint:
    """The variants of one endpoint, as its configuration asks."""

    def __init__(self, servers: dict[str, ModelServer], config: Json) -> None:
        self.servers = servers
        self.config = config
        self.former: Endpoint | None = None  # while an update moves traffic from there to here
        self.share = 1.0  # of the traffic, that has been moved

    def route(self) -> "Endpoint":
        """Which of the two fleets answers a request."""
        if self.former and random.random() >= self.share:  # noqa: S311 - traffic, not a secret
            return self.former
        return self

    def shift(self, share: float) -> None:
        self.share = share

    def choose(self, wanted: str | None) -> str:
        """The variant that was asked for, or one by weight."""
        if wanted:
            return wanted
        variants = self.config["ProductionVariants"]
        weights = [variant.get("InitialVariantWeight", 1.0) for variant in variants]
        return random.choices(variants, weights)[0]["VariantName"]  # noqa: S311 - traffic, not a secret

    def stop(self) -> None:
        for server in self.servers.values():
            server.stop()


def start(
    name: str, config: Json, models: Mapping[str, Model], log: LogsBackend, url: str, folder: Path
) -> Endpoint:
    """Serve each variant of the configuration, or raise ModelFailed."""
    endpoint = Endpoint({}, config)
    try:
        for variant in config["ProductionVariants"]:
            model = models[variant["ModelName"]].response_object
            group, role = f"/aws/sagemaker/Endpoints/{name}", model["ExecutionRoleArn"]
            stream = logs.Stream(log, group, f"{variant['VariantName']}/local", role)
            endpoint.servers[variant["VariantName"]] = ModelServer(model, stream, url, folder)
    except ModelFailed:
        endpoint.stop()
        raise
    return endpoint


def _unpack(uri: str, s3: "S3Client", directory: Path) -> None:
    location = urlparse(uri)
    try:
        answer = s3.get_object(Bucket=location.netloc, Key=location.path[1:])
    except ClientError as error:
        raise ModelFailed(
            f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that there is '
            "an object located at the URL and that the role passed to CreateModel has permissions to download the "
            "object."
        ) from error
    try:
        archives.unpack(BytesIO(answer["Body"].read()), directory)
    except (tarfile.TarError, OSError) as error:
        raise ModelFailed(
            f'Failed to extract model data archive for container "container_1" from URL "{uri}". Please ensure that '
            "the object located at the URL is a valid tar.gz archive."
        ) from error
