"""Small functions, zipped for AWS's runtime and for the local one, which have to answer the same of each.

`handler` calls the function that the event names, so that one warm process serves them all. The others are handlers of
their own: those that end or spoil their process.
"""

import asyncio
import collections
import dataclasses
import datetime
import decimal
import enum
import logging
import os
import sys
from pathlib import Path

Point = collections.namedtuple("Point", "x y")
log = logging.getLogger("bay")


class Outer:
    class Inner(Exception):
        pass


class Wordless(Exception):
    def __str__(self):
        raise ValueError("no words")


class Kind(enum.Enum):
    BICYCLE = "bicycle"


class Bay(enum.IntEnum):
    A = 1


class Name(enum.StrEnum):
    BICYCLE = "bicycle"


class Described:
    def for_json(self):
        return "for json"

    def __str__(self):
        return "described"


class Likened:
    def _asdict(self):
        return {"x": 1}


@dataclasses.dataclass
class Route:
    bay: str


def handler(event, context):
    name, given = event["call"], event.get("with")
    return globals()[name](given, context)


def echo(event, _context):
    return event


def kind_of_event(event, _context):
    return type(event).__name__


def value(name, _context):
    return values()[name]


def values():
    """What JSON has no word for, or more than one."""
    circle: list = []
    circle.append(circle)
    return {
        "nan": float("nan"),
        "infinities": [float("inf"), -float("inf")],
        "named tuple": Point(1, 2),
        "nested named tuples": {"points": [Point(1, Point("é", None))]},
        "tuple": (1, (2, 3)),
        "nested bytes": {"data": b"caf\xc3\xa9"},
        "bytes as a key": {b"key": 1},
        "nested bytes that are no text": [b"\xff\xfe"],
        "bytearray": bytearray(b"abc"),
        "set": {1},
        "datetime": datetime.datetime(2024, 10, 16, 9, 36, 38, tzinfo=datetime.UTC),
        "dataclass": Route("A"),
        "complex number": 1 + 2j,
        "decimal": [decimal.Decimal("0.10"), decimal.Decimal("1E+40"), decimal.Decimal("NaN")],
        "decimal as a key": {decimal.Decimal("1.5"): 1},
        "enum": Kind.BICYCLE,
        "numbers and words of enums": [Bay.A, Name.BICYCLE, {Bay.A: 1}],
        "keys that are no text": {2: "int", 2.5: "float", None: "null", True: "true", float("nan"): "nan"},
        "tuple as a key": {(1, 2): 3},
        "lone surrogate escaped": {"name": "photo\\ud800"},
        "separators of lines": "\u2028\u2029\x7f\0<>&/",
        "other dictionaries": [collections.OrderedDict(b=1, a=2), collections.defaultdict(int, a=1)],
        "great number": 10**30,
        "small and great floats": [1e-7, 1e16, 0.1, -0.0, 1e400],
        "circle": circle,
        "described": Described(),
        "likened": Likened(),
        "range": range(3),
        "generator": (letter for letter in ""),
        "function": echo,
    }


def pixels(_event, _context):
    return b"\x89PNG\r\n\x1a\n\xff"


def text_in_bytes(_event, _context):
    return b'{"label": "bicycle"}'


def surrogate(_event, _context):
    return "photo\ud800.png"


def fail(name, _context):
    raise failures()[name]


def failures():
    return {
        "several lines": ValueError("first line\nsecond line\n  third line"),
        "nested class": Outer.Inner("inside"),
        "no words": ValueError(),
        "unicode": ValueError("caf\u00e9 \U0001f6b2"),
        "several arguments": ValueError("one", 2),
        "a NUL": ValueError("a\0b"),
        "group": ExceptionGroup("two", [ValueError(1), TypeError(2)]),
        "a quote": ValueError('"quoted" \\ back'),
    }


def fail_below(_event, _context):
    try:
        {"here": 1}["gone"]
    except KeyError as problem:
        raise ArithmeticError(_explain(problem)) from problem


def fail_deep(_event, _context):
    return (lambda: [_explain(1 / 0) for _ in "a"])()


def _explain(problem):
    return f"because of {problem}"


def takes_one(event):
    return event


not_callable = ""


def wordless(_event, _context):
    raise Wordless


def exit_with(event, _context):
    sys.exit(event)


def interrupt(_event, _context):
    raise KeyboardInterrupt


def cancel(_event, _context):
    raise asyncio.CancelledError


def vanish(_event, _context):
    print("before the end", end="")
    os._exit(4)


def fail_with_surrogate(_event, _context):
    raise ValueError("photo\ud800.png")


def close_output(event, _context):
    sys.stdout.close()
    return event


def prints(_event, _context):
    print("one\ntwo\n\nthree")
    print("to the errors", file=sys.stderr)
    sys.stdout.write("half a line")


def print_and_log(_event, _context):
    print("half a line", end="")
    log.warning("a record")
    print("another line")


def log_each_level(_event, _context):
    for level in (5, 10, 20, 25, 30, 40, 50, 60):
        log.log(level, "said at %d", level)


def log_with_extra(_event, _context):
    log.warning("careful", extra={"key": "incoming/x.png", "at": datetime.date(2024, 10, 16), "none": None})


def log_with_taken_extra(_event, _context):
    extra = {"location": "here", "timestamp": "then", "level": "LOUD", "requestId": "mine", "errorType": "x"}
    log.error("careful", extra=extra)


def log_an_exception(_event, _context):
    try:
        _explain(1 / 0)
    except ZeroDivisionError:
        log.exception("caught")


def log_no_exception(_event, _context):
    log.error("nothing was raised", exc_info=True)


def log_where_from(_event, _context):
    log.error("a stack", stack_info=False, stacklevel=1)


def log_a_dictionary(_event, _context):
    log.warning({"label": "bicycle", "at": datetime.date(2024, 10, 16)})


def log_several_lines(_event, _context):
    log.warning("one\ntwo\rthree\n\n")
    log.warning("\0\u00a0\u2028caf\u00e9")


def log_at_the_root(_event, _context):
    logging.warning("at the root")
    logging.getLogger("bay.gate").error("below")


def log_what_does_not_fit(_event, _context):
    log.warning("%d photos", "many")


def log_a_surrogate(_event, _context):
    log.warning("photo\ud800.png")


def log_by_the_context(_event, context):
    context.log("by the context")


def see_context(_event, context):
    left = context.get_remaining_time_in_millis()
    return {
        "kind of time": type(left).__name__,
        "some time is left": 0 < left <= 10_000,
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        **{
            name: getattr(context, name)
            for name in (
                "aws_request_id",
                "function_name",
                "function_version",
                "invoked_function_arn",
                "memory_limit_in_mb",
                "log_group_name",
                "log_stream_name",
                "client_context",
                "tenant_id",
            )
        },
    }


def see_client_context(_event, context):
    seen = context.client_context
    client = seen.client and [
        seen.client.installation_id,
        seen.client.app_title,
        seen.client.app_package_name,
    ]
    return [seen.custom, seen.env, client]


def see_trace(_event, _context):
    return os.environ.get("_X_AMZN_TRACE_ID")


def see_environment(_event, _context):
    """What the platform set, without what tells the two runtimes how to reach it."""
    told = ("AWS_LAMBDA_RUNTIME_API", "_LAMBDA_TELEMETRY_LOG_FD", "LC_CTYPE")
    return {name: text for name, text in os.environ.items() if name not in told}


def see_place(_event, _context):
    return [
        Path.cwd() == Path(os.environ["LAMBDA_TASK_ROOT"]),
        os.environ["LAMBDA_TASK_ROOT"] in sys.path[:2],
    ]


def see_logging(_event, _context):
    root = logging.getLogger()
    return [root.level, len(root.handlers), log.getEffectiveLevel()]
