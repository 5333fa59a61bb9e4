"""Cases: the tensors that forward() is called with."""

from __future__ import annotations

import hashlib
import inspect
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy
import torch
from torch import nn

from .errors import HarnessError
from .tensorfile import TensorReader, dtype_name

Arguments = tuple[list[Any], dict[str, Any]]


def load_arguments(
    case: Mapping[str, Any], reader: TensorReader, device: torch.device, adapt: Callable[[torch.Tensor], torch.Tensor]
) -> Arguments:
    """Positional and named arguments of one case; each tensor is the caller's own, to write into as it likes."""
    positional: list[tuple[int, torch.Tensor]] = []
    named: dict[str, torch.Tensor] = {}
    for given in case["inputs"]:
        tensor = adapt(widen_ids(_arranged(given, reader)).clone().to(device))
        if given.get("parameter") is None:
            positional.append((int(given["position"]), tensor))
        else:
            named[given["parameter"]] = tensor
    return [tensor for _, tensor in sorted(positional, key=lambda pair: pair[0])], dict(named)


def _arranged(given: Mapping[str, Any], reader: TensorReader) -> torch.Tensor:
    """The stored tensor with its axes in the order in which forward() wants them."""
    tensor, permute = reader.read(given["file"], given["tensor"]), given.get("permute")
    if permute is None:
        return tensor
    if sorted(permute) != list(range(tensor.dim())):
        raise HarnessError(
            "INPUTS_INVALID",
            f"{permute} is no order of the {tensor.dim()} axes of {given['tensor']} {list(tensor.shape)}.",
            where={"key": given["tensor"]},
        )
    return tensor.permute(permute).contiguous()


def fingerprint(tensor: torch.Tensor) -> str:
    """sha256 of dtype, shape and row-major little-endian bytes; the same preimage as parity's own hash of an input."""
    shape = ",".join(str(size) for size in tensor.shape)
    digest = hashlib.sha256(f"{dtype_name(tensor.dtype)}\n{shape}\n".encode())
    digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def fingerprints(case: Mapping[str, Any], reader: TensorReader) -> dict[str, str]:
    """What the tensors of one case are, by their names in the inputs file, as this process read them."""
    return {given["tensor"]: fingerprint(reader.read(given["file"], given["tensor"])) for given in case["inputs"]}


def widen_ids(tensor: torch.Tensor) -> torch.Tensor:
    """int32 as int64: TensorFlow takes ids in 32 bits, torch's index operations want 64. The values are the same."""
    return tensor.long() if tensor.dtype == torch.int32 else tensor


def check_arguments(model: nn.Module, arguments: Arguments, case: str) -> None:
    """Raises INPUTS_INVALID when forward() does not take these arguments."""
    try:
        signature = inspect.signature(model.forward)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments[0], **arguments[1])
    except TypeError as error:
        raise HarnessError(
            "INPUTS_INVALID",
            f"forward() of {type(model).__name__} cannot be called with the inputs of case {case}: {error}.",
            hint=f"Its signature is forward{signature}.",
        ) from None


def seed_everything(seed: int) -> None:
    """The generators a model may draw from: Python's, numpy's and torch's, of every device."""
    torch.manual_seed(seed)
    reseed(seed)


def reseed(seed: int) -> None:
    """The same before each run. torch.manual_seed would note a traceback for each device that is not in use yet."""
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)
