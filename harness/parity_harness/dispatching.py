"""A mode below autograd that costs nothing to enter."""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class PlainMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that torch.compile's tracer stays out of, without loading that tracer.

    torch wraps the handler of every such mode so that the tracer skips it, and the wrapper loads the tracer: some 800
    modules and two seconds, in every process. Where nobody compiles anything there is nothing to keep out.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        own: Any = type(self)
        if "torch._dynamo" in sys.modules and not getattr(own, "kept_out", False):
            own.kept_out = True
            own.__torch_dispatch__ = torch._disable_dynamo(own.__torch_dispatch__, recursive=True)  # type: ignore[attr-defined]
