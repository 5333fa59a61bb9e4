"""What the candidate is: inputs, modules, parameters."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.dropout import _DropoutNd

from .candidate import Candidate
from .program import ProgramModule
from .scripted import signature_of
from .tensorfile import dtype_name
from .weights import Identity, identity_of, own_tensors

MULTIPLIES = (nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)
"""Modules of torch whose matrices are all used as those of nn.Linear are."""


def describe(candidate: Candidate) -> dict[str, Any]:
    """The answer to `open`: see docs/protocol.md."""
    model, warnings = candidate.model, list(candidate.warnings)
    modules = [
        {
            "path": path,
            "class": type(module).__name__,
            "qualname": f"{type(module).__module__}.{type(module).__qualname__}",
            "training": _is_training(module),
            "epsilon": _epsilon(module),
            "parameters": [name for name, parameter in module._parameters.items() if parameter is not None],
            "source": candidate.sources.get(path),
        }
        for path, module in model.named_modules()
    ]
    random = [path or "(the model itself)" for path, module in model.named_modules() if _differs_in_training(module)]
    if random:
        shown = ", ".join(random[:3]) + (f" and {len(random) - 3} more" if len(random) > 3 else "")
        warnings.append(f"In training mode, and not computing what they compute in eval mode: {shown}.")
    return {
        "inputs": _inputs(model, warnings),
        "modules": modules,
        "parameters": _parameters(model),
        "warnings": warnings,
        **({} if candidate.device.type == "cpu" else {"device": str(candidate.device)}),
        **({} if candidate.dtype is None else {"dtype": dtype_name(candidate.dtype)}),
    }


def _epsilon(module: nn.Module) -> float | None:
    """What keeps a norm from dividing by zero, under the names that people give it; None where there is none."""
    if isinstance(module, ProgramModule):
        return module.graphs.facts.epsilon
    for name in ("eps", "epsilon", "variance_epsilon"):
        value = getattr(module, name, None)
        if isinstance(value, float):
            return value
    return None


def _is_training(module: nn.Module) -> bool:
    return module.graphs.facts.trains if isinstance(module, ProgramModule) else module.training


def _differs_in_training(module: nn.Module) -> bool:
    if isinstance(module, ProgramModule):
        return module.graphs.facts.trains
    if not module.training:
        return False
    return isinstance(module, _BatchNorm) or (isinstance(module, _DropoutNd) and module.p > 0)


def _signature(model: nn.Module) -> inspect.Signature:
    if isinstance(model, torch.jit.ScriptModule):
        own = signature_of(model.forward.schema)  # type: ignore[attr-defined]
        return own.replace(parameters=list(own.parameters.values())[1:])
    return inspect.signature(model.forward)


def _inputs(model: nn.Module, warnings: list[str]) -> list[dict[str, Any]]:
    try:
        signature = _signature(model)
    except (TypeError, ValueError):
        warnings.append(f"forward() of {type(model).__name__} has no signature that Python can read.")
        return []
    limits = getattr(model, "limits", {})
    return [
        {
            "name": name,
            "required": parameter.default is inspect.Parameter.empty,
            **({"sizes": [axis.show() for axis in limits[name]]} if limits.get(name) is not None else {}),
        }
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    ]


def _parameters(model: nn.Module) -> list[dict[str, Any]]:
    first: dict[Identity, str] = {}
    rows = []
    for name, path, kind, tensor, persistent in own_tensors(model):
        same = first.setdefault(identity_of(tensor), name)
        rows.append(
            {
                "name": name,
                "module": path,
                "kind": kind,
                "persistent": persistent,
                "dtype": dtype_name(tensor.dtype),
                "shape": list(tensor.shape),
                "sameAs": None if same == name else same,
                "expectedLayout": expected_layout(model.get_submodule(path), name.rpartition(".")[2], tensor),
            }
        )
    return rows


def expected_layout(owner: nn.Module, name: str, tensor: torch.Tensor) -> str:
    """How the owner uses its tensor, as far as its class tells; a subclass with its own forward() tells nothing."""
    if tensor.dim() == 1:
        return "vector"
    if isinstance(owner, ProgramModule):
        return owner.graphs.facts.layouts.get(name, "unknown")
    if name == "weight" and _computes_as(owner, nn.Linear):
        return "linear"
    if name == "weight" and (_computes_as(owner, nn.Embedding) or _computes_as(owner, nn.EmbeddingBag)):
        return "embedding"
    if name == "weight" and isinstance(owner, _ConvNd):
        return "conv-transpose" if isinstance(owner, _ConvTransposeNd) else "conv"
    if isinstance(owner, MULTIPLIES) and "weight" in name and tensor.dim() == 2:
        return "linear"
    if name == "weight" and type(owner).__qualname__ == "Conv1D" and type(owner).__module__.startswith("transformers."):
        return "conv1d"
    return "unknown"


def _computes_as(owner: nn.Module, known: type[nn.Module]) -> bool:
    return isinstance(owner, known) and type(owner).forward is known.forward
