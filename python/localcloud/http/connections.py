"""The server's connections: they stay open, as those of AWS do.

werkzeug closes each one after its answer, so that every request costs a connection and a thread. A request's body is
read to its end here before it is answered, so that the next request can follow.
"""

import io

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.test import run_wsgi_app

WITHOUT_BODY = (204, 304)


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        length = -1 if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(parts)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "Content-Length" not in headers and int(code) not in WITHOUT_BODY:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: boto3 waits a second for it before it sends one to S3 unasked."""
        asked = super().handle_expect_100()
        self.wfile.flush()
        return asked

    def log_request(self, *_: object) -> None:
        """Say nothing: one photo makes dozens of requests."""
