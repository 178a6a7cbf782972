"""A look through a pickle before anything is built from it. Needs no torch.

The reader behind ``weights_only=True`` runs nothing foreign, but a few bytes can still make it hash a tuple that
is nested a million deep, which overruns the stack of C, or ask for a block of memory of any size.
"""

import pickletools
from collections.abc import Iterator
from io import BytesIO
from typing import Final

DEEPEST: Final = 100
MOST_STEPS: Final = 3_000_000
HUGE = ("builtins bytearray", "__builtin__ bytearray")  # the one allowed builder that fills what it is asked for
GROWS = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD")
PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
GETS = ("GET", "BINGET", "LONG_BINGET")


class ForeignError(Exception):
    """The pickle asks for what no list of tensors needs."""


def check_pickle(data: bytes, most_bytes: int) -> int:
    """Look through one pickle.

    Returns
    -------
    int
        Its length in bytes; what follows is not looked at.

    Raises
    ------
    ForeignError
        If it is longer, or nests deeper, than any list of named tensors, or asks for a bare block of memory.
    ValueError
        If it is no pickle.
    """
    stream, nesting = BytesIO(data), _Nesting()
    for step, (code, argument, _) in enumerate(pickletools.genops(stream)):
        if step > MOST_STEPS or argument in HUGE:
            raise ForeignError(f"{code.name} {argument} at step {step}")
        nesting.step(code, argument)
    if stream.tell() > most_bytes:
        raise ForeignError(f"a pickle of {stream.tell()} bytes")
    return stream.tell()


class _Nesting:
    """Follow how deep the values on a pickle's stack are nested, without building any."""

    def __init__(self) -> None:
        self._stack: list[int] = []
        self._marks: list[int] = []
        self._memo: dict[int, int] = {}

    def step(self, code: pickletools.OpcodeInfo, argument: object) -> None:
        """Take one step.

        Raises
        ------
        ForeignError
            If something is nested deeper than `DEEPEST`.
        ValueError
            If the stack has too little on it.
        """
        if code.name == "MARK":
            self._marks.append(len(self._stack))
        elif code.name in PUTS or code.name == "MEMOIZE":
            key = len(self._memo) if code.name == "MEMOIZE" else int(str(argument))
            self._memo[key] = self._stack[-1] if self._stack else 0
        elif code.name in GETS:
            self._stack.append(self._memo.get(int(str(argument)), 0))
        else:
            self._replace(code)

    def _replace(self, code: pickletools.OpcodeInfo) -> None:
        taken = list(self._taken(code))
        depth = 1 + max(taken) if taken else 0
        if code.name in GROWS and taken:
            depth = max(taken[0], 1 + max(taken[1:], default=-1))
        if depth > DEEPEST:
            raise ForeignError(f"nested deeper than {DEEPEST}")
        self._stack.extend([depth] * len(code.stack_after))

    def _taken(self, code: pickletools.OpcodeInfo) -> Iterator[int]:
        """Take off what the step uses: so many values, and all above the last mark where it says so."""
        wanted = code.stack_before
        if pickletools.markobject in wanted:
            start = self._marks.pop() if self._marks else 0
            wanted = wanted[: wanted.index(pickletools.markobject)]
            above = self._stack[start:]
            del self._stack[start:]
        else:
            above = []
        count = len(wanted)
        if count > len(self._stack):
            raise ValueError("a step takes more than there is")
        yield from self._stack[len(self._stack) - count :]
        yield from above
        del self._stack[len(self._stack) - count :]
