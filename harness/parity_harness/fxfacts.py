"""What a graph of torch.export tells of its module: how it uses its weights, its epsilon, whether it was training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import fx

from .fxgraph import op_of
from .program import Facts

_TURNED = frozenset({"t", "permute", "transpose", "numpy_T", "mT"})
_SAME = frozenset({"detach", "alias", "to", "_to_copy", "contiguous", "clone", "lift_fresh_copy"})
_RECURRENT = frozenset(f"{kind}{cell}" for kind in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell"))
_CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d", "convolution", "_convolution"})
_PRODUCTS = {"matmul": 1, "mm": 1, "addmm": 2}
"""Position of the right-hand factor."""


def facts_of(graphs: Iterable[fx.Graph]) -> Facts:
    """`graphs`: those of one module."""
    layouts: dict[str, str] = {}
    epsilon: float | None = None
    trains = False
    for graph in graphs:
        for node in graph.nodes:
            if node.op == "get_attr" and "." not in str(node.target):
                for layout in _uses(node, turned=False):
                    layouts.setdefault(str(node.target), layout)
            given = arguments_of(node)
            if isinstance(given.get("eps"), float) and epsilon is None:
                epsilon = given["eps"]
            trains = trains or _trains(op_of(node), given)
    return Facts(layouts, epsilon, trains)


def arguments_of(node: fx.Node) -> dict[str, Any]:
    """The arguments of an ATen op by name, defaults included."""
    if not op_of(node):
        return {}
    schema: Any = node.target._schema  # type: ignore[union-attr]
    found = {one.name: one.default_value for one in schema.arguments if one.has_default_value()}
    found.update(zip((one.name for one in schema.arguments), node.args, strict=False))
    found.update(node.kwargs)
    return found


def _trains(op: str, given: dict[str, Any]) -> bool:
    if "dropout" in op:
        return given.get("train") is True and given.get("p") != 0
    return op in ("batch_norm", "native_batch_norm", "cudnn_batch_norm") and given.get("training") is True


def _uses(value: fx.Node, turned: bool) -> Iterator[str]:
    """What the value is multiplied as, by each op that takes it; `turned` when it was transposed on its way."""
    for user in value.users:
        op = op_of(user)
        if op in _TURNED:
            yield from _uses(user, not turned)
        elif op in _SAME:
            yield from _uses(user, turned)
        elif op == "linear" and user.args[1] is value:
            yield "conv1d" if turned else "linear"
        elif op in _PRODUCTS and user.args[_PRODUCTS[op]] is value:
            yield "linear" if turned else "conv1d"
        elif op in ("embedding", "embedding_bag", "_embedding_bag") and user.args[0] is value:
            yield "embedding"
        elif op in _CONVOLUTIONS and user.args[1] is value:
            yield "conv-transpose" if arguments_of(user).get("transposed") is True else "conv"
        elif op.startswith("conv_transpose") and user.args[1] is value:
            yield "conv-transpose"
        elif op in _RECURRENT:
            yield "linear"
