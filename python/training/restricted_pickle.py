"""Unpickle lists, dictionaries, strings, numbers and arrays of bytes, and nothing else.

Arrays are read by stand-ins for the few functions that NumPy's pickles name, under the spellings of NumPy 1
and 2, so that not even NumPy's own code runs on untrusted input. The opcodes are looked at first: some let a
few bytes ask for gigabytes of memory, or build dictionary keys that take hours to hash.
"""

import io
import pickle
import pickletools

import numpy as np

OPCODES = """
    PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1
    BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 BINUNICODE SHORT_BINUNICODE
    EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE BUILD
"""
MAX_TUPLES = 32  # beside those that are a call's arguments; one array has about three


class Dtype:
    """Stands in for numpy.dtype."""

    def __init__(self, code: bytes | str, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        """Byte order and fields mean nothing for bytes."""


class Array:
    """Stands in for numpy.ndarray; `values` is the real array, once it is known."""

    values: np.ndarray | None = None

    def __setstate__(self, state: tuple) -> None:
        _version, shape, dtype, fortran, data = state
        self.fill(data, dtype, shape, "F" if fortran else "C")

    def fill(self, data: bytes | bytearray, dtype: Dtype, shape: tuple, order: str) -> None:
        if dtype.code not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"the array holds {dtype.code!r}, not bytes")
        self.values = np.frombuffer(data, dtype=np.uint8).reshape(shape, order="F" if order == "F" else "C")


def _reconstruct(*_: object) -> Array:
    return Array()  # its content follows as a state


def _frombuffer(data: bytes | bytearray, dtype: Dtype, shape: tuple, order: str) -> Array:
    array = Array()
    array.fill(data, dtype, shape, order)
    return array


def _encode(text: str, _encoding: str) -> bytes:
    return text.encode("latin-1")  # how Python 3 writes bytes in the pickles of Python 2


STAND_INS = {
    ("numpy", "dtype"): Dtype,
    ("numpy", "ndarray"): Array,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
    ("_codecs", "encode"): _encode,
}


def loads(data: bytes) -> object:
    """What the pickle holds, an array as an `Array`. Damage and malice raise all sorts of exceptions."""
    _check_opcodes(data)
    return _Unpickler(io.BytesIO(data), encoding="bytes").load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in STAND_INS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return STAND_INS[module, name]


def _check_opcodes(data: bytes) -> None:
    """Refuse what no honest pickle of this kind has: other opcodes, far memo slots, many or shared tuples."""
    allowed = set(OPCODES.split())
    top = ""  # the opcode that made what is on top of the stack
    tuple_slots = set()
    stored, tuples = 0, 0
    for opcode, argument, _ in pickletools.genops(data):
        name = opcode.name
        if name not in allowed:
            raise pickle.UnpicklingError(f"it uses the opcode {name}")
        if name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            slot = stored if argument is None else argument  # MEMOIZE takes the next one
            if slot > 2 * stored + 256:
                raise pickle.UnpicklingError(f"it uses the memo slot {slot} after only {stored}")
            if top.startswith("TUPLE"):
                tuple_slots.add(slot)
            stored += 1
            continue
        if name in ("BINGET", "LONG_BINGET") and argument in tuple_slots:
            raise pickle.UnpicklingError("it uses a tuple twice")
        if top.startswith("TUPLE") and name not in ("REDUCE", "BUILD"):
            tuples += 1
            if tuples > MAX_TUPLES:
                raise pickle.UnpicklingError(f"it has more than {MAX_TUPLES} tuples")
        top = name
