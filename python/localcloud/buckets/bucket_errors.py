"""How S3 refuses what moto never sees, or does not refuse."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

from localcloud.http.exchanges import Outgoing

NOTHING: Mapping[str, object] = MappingProxyType({})
NO_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
NO_KEY = "The AWS Access Key Id you provided does not exist in our records."
NO_TOKEN = "The provided token is malformed or otherwise invalid."  # noqa: S105 - what S3 says of one
OLD_SIGNATURE = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
)


class Refused(Exception):
    """An error of S3. `more` is what its XML says beside the words."""

    def __init__(self, status: int, code: str, message: str, more: Mapping[str, object] = NOTHING) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more

    def answer(self) -> Outgoing:
        said = {
            "Code": self.code,
            "Message": self.message,
            **self.more,
            "RequestId": uuid.uuid4().hex[:16].upper(),
        }
        inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in said.items())
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
        return Outgoing(self.status, text.encode(), [("Content-Type", "application/xml")])


def deny(message: str, **more: object) -> Refused:
    return Refused(403, "AccessDenied", message, more)
