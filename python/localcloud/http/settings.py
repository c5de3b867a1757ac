"""What of the local cloud's own can be set while it runs, by `PUT /_localcloud/<name>`.

AWS has no such settings. They are for tests, which have no time for what takes minutes there.
"""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/_localcloud/"


def serve(application: WSGIApplication, settings: Mapping[str, Callable[[str], None]]) -> WSGIApplication:
    """The application, which is told the settings as well."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        setting = settings.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        if setting is None:
            return application(environ, start_response)
        setting(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        start_response("204 No Content", [])
        return []

    return answer
