"""The same mathematics rounded differently: permuted reductions and one-ulp jitter.

Both work below autograd, at the level of ATen operators, so that whatever the model is written with (functional calls,
operators, einsum, recurrent layers, scripted modules) arrives here as the same few contractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from .dispatching import PlainMode
from .errors import HarnessError

aten: Any = torch.ops.aten
Arguments = list[Any]
Rule = Callable[["PermutedReductions", Any, Arguments, dict[str, Any]], Any]


class PermutedReductions(PlainMode):  # type: ignore[no-untyped-call]
    """Computes every contraction that it knows with its reduction index in a seeded order; everything else as it is."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed
        self._orders: dict[tuple[int, torch.device], Tensor] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: Any = None) -> Any:
        rule = RULES.get(func)
        arguments = list(args)
        if rule is None or not isinstance(arguments[0], Tensor) or not arguments[0].is_floating_point():
            return func(*arguments, **(kwargs or {}))
        return rule(self, func, arguments, dict(kwargs or {}))

    def order(self, size: int, device: torch.device) -> Tensor:
        """The permutation of this size. One per size, so that both factors of a product get the same one."""
        key = (size, device)
        if key not in self._orders:
            generator = torch.Generator().manual_seed(self._seed * 1_000_003 + size)
            self._orders[key] = torch.randperm(size, generator=generator).to(device)
        return self._orders[key]

    def pick(self, tensor: Tensor, dim: int) -> Tensor:
        """The tensor with axis `dim` in the new order. Strides are kept, so that the same kernel is chosen for it."""
        if tensor.dim() == 0 or tensor.size(dim) < 2:
            return tensor
        order = self.order(tensor.size(dim), tensor.device)
        if tensor.is_contiguous():
            return tensor.index_select(dim, order)
        # Selecting in memory order is also several times faster: most weights come here as a transposed view.
        axes = sorted(range(tensor.dim()), key=tensor.stride, reverse=True)
        picked = tensor.permute(axes).index_select(axes.index(dim % tensor.dim()), order)
        return picked.permute([axes.index(axis) for axis in range(tensor.dim())])

    def unpick(self, tensor: Tensor, dim: int) -> Tensor:
        """Undoes `pick`."""
        if tensor.dim() == 0 or tensor.size(dim) < 2:
            return tensor
        return tensor.index_select(dim, self.order(tensor.size(dim), tensor.device).argsort())


def _product(left: int, left_dim: int, right: int, right_dim: int) -> Rule:
    """A product of arguments number `left` and `right` over the named axes."""

    def rule(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
        args[left] = mode.pick(args[left], left_dim)
        args[right] = mode.pick(args[right], right_dim)
        return func(*args, **kwargs)

    return rule


def _convolution(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    transposed, groups = args[6], args[8]
    if groups == 1:
        args[0] = mode.pick(args[0], 1)
        args[1] = mode.pick(args[1], 0 if transposed else 1)
    return func(*args, **kwargs)


def _layer_norm(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    tensor, shape = args[0], list(args[1])
    size = math.prod(shape)
    if size == 0:
        return func(*args, **kwargs)
    lead = list(tensor.shape[: tensor.dim() - len(shape)])
    vectors = [None if part is None else mode.pick(part.reshape(size), 0) for part in args[2:4]]
    output, mean, deviation = func(mode.pick(tensor.reshape([*lead, size]), -1), [size], *vectors, *args[4:], **kwargs)
    statistics = [*lead, *[1] * len(shape)]
    return mode.unpick(output, -1).reshape(tensor.shape), mean.reshape(statistics), deviation.reshape(statistics)


def _group_norm(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    tensor, (batch, channels, positions) = args[0], args[3:6]
    args[0] = mode.pick(tensor.reshape(batch, channels, positions), 2)
    output, *statistics = func(*args, **kwargs)
    return mode.unpick(output.reshape(batch, channels, positions), 2).reshape(tensor.shape), *statistics


def _along(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    """softmax and its like: args[1] is the axis, and the output has it too."""
    args[0] = mode.pick(args[0], args[1])
    return mode.unpick(func(*args, **kwargs), args[1])


def _reduction(position: int) -> Rule:
    """sum and its like: argument number `position` says which axes disappear (none or an empty list: all of them)."""

    def rule(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
        tensor = args[0]
        dims = args[position] if len(args) > position else None
        every = range(tensor.dim())
        for dim in every if dims is None or dims == [] else dims:
            tensor = mode.pick(tensor, dim)
        return func(tensor, *args[1:], **kwargs)

    return rule


def _attention(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    query, key, value, *rest = args
    causal = bool(rest[1]) if len(rest) > 1 else False
    query, key = mode.pick(query, -1), mode.pick(key, -1)
    if not causal:
        key, value = mode.pick(key, -2), mode.pick(value, -2)
        mask = kwargs.get("attn_mask")
        if mask is not None:
            kwargs["attn_mask"] = mode.pick(mask, -1)
    return func(query, key, value, *rest, **kwargs)


def _recurrent(mode: PermutedReductions, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
    args[0], args[1] = mode.pick(args[0], -1), mode.pick(args[1], 1)
    return func(*args, **kwargs)


RULES: dict[Any, Rule] = {
    aten.mm.default: _product(0, 1, 1, 0),
    aten.bmm.default: _product(0, 2, 1, 1),
    aten.mv.default: _product(0, 1, 1, 0),
    aten.dot.default: _product(0, 0, 1, 0),
    aten.addmm.default: _product(1, 1, 2, 0),
    aten.baddbmm.default: _product(1, 2, 2, 1),
    aten.addbmm.default: _product(1, 2, 2, 1),
    aten.addmv.default: _product(1, 1, 2, 0),
    aten.convolution.default: _convolution,
    aten.native_layer_norm.default: _layer_norm,
    aten.native_group_norm.default: _group_norm,
    aten._softmax.default: _along,
    aten._log_softmax.default: _along,
    aten._scaled_dot_product_flash_attention_for_cpu.default: _attention,
    aten.mkldnn_rnn_layer.default: _recurrent,
    aten.sum.default: _reduction(1),
    aten.mean.default: _reduction(1),
    aten.sum.dim_IntList: _reduction(1),
    aten.mean.dim: _reduction(1),
    aten.var.correction: _reduction(1),
    aten.var_mean.correction: _reduction(1),
    aten.logsumexp.default: _reduction(1),
    aten.linalg_vector_norm.default: _reduction(2),
}
"""Grouped convolutions, running statistics and elementwise operators have no rule or pass through theirs."""


def move_one_ulp(tensor: Tensor, up: Tensor) -> Tensor:
    """Each finite element's neighbour: the next larger where `up` is true, else the next smaller."""
    infinity = torch.full_like(tensor, math.inf)
    target = torch.where(up, infinity, -infinity)
    moved = torch.nextafter(tensor, target) if tensor.dtype != torch.float16 else _next_half(tensor, up)
    return torch.where(torch.isfinite(moved), moved, tensor).where(torch.isfinite(tensor), tensor)


def _next_half(tensor: Tensor, up: Tensor) -> Tensor:
    """nextafter for float16, which torch lacks: on the integers that order floats, one ulp is one."""
    bits = tensor.contiguous().view(torch.int16).to(torch.int32)
    ordered = torch.where(bits < 0, -(bits & 0x7FFF), bits) + torch.where(up, 1, -1)
    signed = torch.where(ordered < 0, -ordered - 0x8000, ordered)
    return signed.to(torch.int16).view(torch.float16)


class Jitter(PlainMode):  # type: ignore[no-untyped-call]
    """Moves every embedding output by one ulp, and whatever it is called with."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, tensor: Tensor) -> Tensor:
        """The tensor with each element moved by one unit in the last place; tensors that hold no floats stay."""
        if not tensor.is_floating_point() or tensor.element_size() < 2:
            return tensor
        coins = torch.randint(2, tensor.shape, generator=self._generator, dtype=torch.uint8)
        return move_one_ulp(tensor, coins.bool().to(tensor.device))

    def __torch_dispatch__(self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is aten.embedding.default:
            return self(result)
        if func is aten._embedding_bag.default:
            return self(result[0]), *result[1:]
        return result


def perturbation(request: dict[str, Any] | None) -> tuple[AbstractContextManager[Any], Jitter | None]:
    """The mode to run one forward pass under, and the jitter for inputs and forced tensors where that is the mode."""
    if request is None:
        return nullcontext(), None
    seed = int(request.get("seed", 0))
    if request.get("kind") == "permute-reductions":
        return PermutedReductions(seed), None
    if request.get("kind") == "jitter":
        jitter = Jitter(seed)
        return jitter, jitter
    raise HarnessError("USAGE", f"`{request.get('kind')}` is no perturbation.", hint="permute-reductions or jitter.")
