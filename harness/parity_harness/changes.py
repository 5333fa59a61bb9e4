"""Parameters changed in place and put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .errors import HarnessError
from .tensorfile import TensorReader

Change = Mapping[str, Any]


def named_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Every parameter and buffer under each of its names."""
    return {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_buffers(remove_duplicate=False)),
    }


def _failed(name: str, why: str) -> HarnessError:
    return HarnessError("CANDIDATE_FAILED", f"`{name}` cannot be changed: {why}.", where={"key": name})


def _changed(change: Change, tensor: torch.Tensor, reader: TensorReader) -> torch.Tensor:
    name, kind = change["parameter"], change["kind"]
    if kind == "permute-parameter":
        order = list(change["permute"])
        if sorted(order) != list(range(tensor.dim())):
            raise _failed(name, f"{order} is no order of its {tensor.dim()} axes")
        new = tensor.detach().permute(order)
        what = f"permuted by {order} it would be"
    elif kind == "replace-parameter":
        new = reader.read(change["file"], change["tensor"])
        what = f"`{change['tensor']}` is"
    else:
        raise _failed(name, f"`{kind}` is no kind of change")
    if new.shape != tensor.shape:
        raise _failed(name, f"{what} {list(new.shape)}, and its shape is {list(tensor.shape)}")
    return new


@contextmanager
def changed(model: nn.Module, changes: Sequence[Change], reader: TensorReader) -> Iterator[None]:
    """Makes the changes, in order, and undoes them in reverse, whatever happens meanwhile.

    The data of a tensor is written, not the tensor exchanged: tied parameters change together, and whoever holds the
    tensor sees it. Raises HarnessError, with nothing changed, when a name is unknown or a shape does not fit.
    """
    undo: list[tuple[torch.Tensor, torch.Tensor]] = []
    try:
        if changes:
            known = named_tensors(model)
            for change in changes:
                tensor = known.get(change["parameter"])
                if tensor is None:
                    raise _failed(change["parameter"], "the model has no parameter or buffer of that name")
                new = _changed(change, tensor, reader)
                old = tensor.detach().clone()
                undo.append((tensor, old))
                # Permuted values are read from where they are written to.
                tensor.data.copy_(new.clone())
        yield
    finally:
        for tensor, old in reversed(undo):
            tensor.data.copy_(old)
