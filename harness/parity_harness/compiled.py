"""The candidate under torch.compile."""

from __future__ import annotations

import os
from typing import Any

from torch import nn

from .entry import Stoppers
from .errors import raised_by_user


class CompiledModel(nn.Module):
    """Runs what torch.compile makes of a model. The model itself keeps its modules, which the compiled form has not."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        # Not a child of this module: its parameters are not moved or listed twice.
        self.__dict__["plain"] = model
        self.__dict__["compiled"] = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        # The server starts with compilation off, which dynamo reads when it is loaded; and one thread compiles, because
        # inductor's pool of processes would outlive the run.
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
        import torch
        import torch._dynamo.config as settings

        try:
            with settings.patch(disable=False):
                if self.__dict__["compiled"] is None:
                    self.__dict__["compiled"] = torch.compile(self.__dict__["plain"])
                return self.__dict__["compiled"](*args, **kwargs)
        except Stoppers as error:
            doing = "torch.compile was compiling or running the model"
            raise raised_by_user(error, doing, "CANDIDATE_FAILED") from None


def compile_model(model: nn.Module) -> nn.Module:
    """The model compiled at its first call, for its outputs; `model` is left alone."""
    return CompiledModel(model).eval()
