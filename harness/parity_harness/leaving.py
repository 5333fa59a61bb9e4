"""Whether a forward pass may be left early without leaving something undone that outlives it."""

from __future__ import annotations

import dis
import sys
from functools import cache
from types import CodeType, FrameType

from .places import is_harness_file, is_torch_file
from .running import Frame

_LASTING = frozenset(
    f"{change}_{what}" for change in ("STORE", "DELETE") for what in ("ATTR", "GLOBAL", "DEREF", "SUBSCR", "SLICE")
)
"""Instructions that change more than the frame they are in."""


def may_leave(frame: Frame | None) -> bool:
    """False when the calls under way would still do what can be seen from outside: give a lock back, pop from a stack.

    `frame` is the innermost module call that is not complete. What comes after the calls that are under way is read
    from their code: values that only go to local names and to the caller are not missed by anybody.
    """
    module = frame
    while module is not None:
        if module.module._forward_hooks or module.module._backward_hooks:
            return False
        module = module.parent
    python: FrameType | None = sys._getframe(1)
    while python is not None:
        code = python.f_code
        own = is_harness_file(code.co_filename)
        if own and code.co_name == "call_model":
            break
        if not own and not is_torch_file(code.co_filename) and _does_more(code, python.f_lasti):
            return False
        python = python.f_back
    return True


@cache
def _does_more(code: CodeType, after: int) -> bool:
    """Whether anything behind this instruction stores outside of the frame, or drops what a call gives."""
    previous = ""
    for instruction in dis.get_instructions(code):
        if instruction.offset > after:
            if instruction.opname in _LASTING:
                return True
            if instruction.opname == "POP_TOP" and previous.startswith("CALL"):
                return True
        if instruction.opname != "CACHE":
            previous = instruction.opname
    return False
