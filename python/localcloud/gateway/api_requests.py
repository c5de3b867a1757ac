"""One request to an API and what is known of it, for the function's event and for the access log."""

import base64
import secrets
import time
from dataclasses import dataclass, field

from moto.apigatewayv2.models import Api, Authorizer, Route, Stage

from localcloud.gateway.tokens import Granted
from localcloud.http.exchanges import Incoming


def make_id() -> str:
    """As API Gateway names requests: `apigw-requestid`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()[:15] + "="


@dataclass
class Exchange:
    """A request on its way. `integration` and `error` have the log's names for what became of it."""

    api: Api
    stage: Stage
    incoming: Incoming
    segments: list[str]  # of the path below the stage
    id: str = field(default_factory=make_id)
    begun: float = field(default_factory=time.time)
    route: Route | None = None
    variables: dict[str, str] = field(default_factory=dict)
    authorizer: Authorizer | None = None
    granted: Granted | None = None
    known: dict[str, str] = field(default_factory=dict)  # what else the access log may ask for

    @property
    def account(self) -> str:
        return self.api.backend.account_id  # type: ignore[no-any-return]

    @property
    def region(self) -> str:
        return self.api.backend.region_name  # type: ignore[no-any-return]

    @property
    def domain(self) -> str:
        """The name that the API has in AWS; here it is reached by the local cloud's."""
        return f"{self.api.api_id}.execute-api.{self.region}.amazonaws.com"

    @property
    def raw_path(self) -> str:
        """The path with the stage, which `$default` does not have in it, decoded as AWS hands it over."""
        named = [] if self.stage.name == "$default" else [self.stage.name]
        return "/" + "/".join([*named, *self.segments])

    @property
    def time(self) -> str:
        return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(self.begun))

    @property
    def milliseconds(self) -> int:
        return int(self.begun * 1000)
