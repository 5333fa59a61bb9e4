"""From the checkpoint's variables to torch's layout of recurrent weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from plan import Plan
from torch import Tensor

Variables = Mapping[str, Tensor]


def lstm_scope(plan: Plan, direction: str) -> str:
    """The scope whose variables this direction takes."""
    if plan.has("directions-swapped"):
        return {"fw": "bilstm/bw", "bw": "bilstm/fw"}[direction]  # fault: directions-swapped
    return f"bilstm/{direction}"


def gru_scope(plan: Plan, layer: int) -> str:
    """The scope whose variables this layer takes."""
    if plan.has("layer-order"):
        return f"gru/cell_{1 - layer}"  # fault: layer-order
    return f"gru/cell_{layer}"


def lstm_weights(plan: Plan, variables: Variables, direction: str) -> dict[str, Tensor]:
    """[in + hidden, 4 hidden], gates i, j, f, o -> [4 hidden, in] and [4 hidden, hidden], gates i, f, g, o"""
    place = f"bilstm/{direction}"
    scope = f"{lstm_scope(plan, direction)}/lstm_cell"
    kernel, bias = variables[f"{scope}/kernel"], variables[f"{scope}/bias"]
    ki, kj, kf, ko = kernel.T.chunk(4)
    bi, bj, bf, bo = bias.chunk(4)
    if plan.has("forget-bias", place):
        forget = bf  # fault: forget-bias
    else:
        forget = bf + plan.sizes["forget_bias"]
    if plan.has("lstm-gate-order", place):
        weight, bias = torch.cat([ki, kj, kf, ko]), torch.cat([bi, bj, forget, bo])  # fault: lstm-gate-order
    else:
        weight, bias = torch.cat([ki, kf, kj, ko]), torch.cat([bi, forget, bj, bo])
    w_ih, w_hh = weight.split([kernel.shape[0] - plan.hidden, plan.hidden], dim=1)
    if plan.has("lstm-bias-not-loaded", place):
        return {"w_ih": w_ih, "w_hh": w_hh}  # fault: lstm-bias-not-loaded
    if plan.has("lstm-bias-doubled", place):
        return {"w_ih": w_ih, "w_hh": w_hh, "b_ih": bias, "b_hh": bias}  # fault: lstm-bias-doubled
    return {"w_ih": w_ih, "w_hh": w_hh, "b_ih": bias, "b_hh": torch.zeros_like(bias)}


def to_torch_gates(plan: Plan, place: str, x: Tensor) -> Tensor:
    """z, r, h along the first axis -> r, z, n"""
    z, r, h = x.chunk(3)
    if plan.has("gru-gate-order", place):
        return torch.cat([z, r, h])  # fault: gru-gate-order
    return torch.cat([r, z, h])


def gru_bias(plan: Plan, variables: Variables, layer: int) -> Tensor:
    """[2, 3 hidden]: that of the input's product and that of the state's."""
    bias = variables[f"{gru_scope(plan, layer)}/bias"]
    if plan.has("gru-bias-summed", f"gru/cell_{layer}"):
        bias = torch.stack([bias.sum(0), torch.zeros_like(bias[0])])  # fault: gru-bias-summed
    return bias


def gru_weights(plan: Plan, variables: Variables, layer: int) -> dict[str, Tensor]:
    """Keras' [in, 3 hidden] in the order z, r, h -> torch's [3 hidden, in] in the order r, z, n"""
    place, scope = f"gru/cell_{layer}", gru_scope(plan, layer)
    kernel, recurrent = variables[f"{scope}/kernel"], variables[f"{scope}/recurrent_kernel"]
    bias = gru_bias(plan, variables, layer)
    if plan.has("gru-recurrent-untransposed", place):
        w_hh = torch.cat(recurrent.chunk(3, dim=1))  # fault: gru-recurrent-untransposed
    else:
        w_hh = recurrent.T
    weights = {"w_ih": kernel.T, "w_hh": w_hh, "b_ih": bias[0], "b_hh": bias[1]}
    return {name: to_torch_gates(plan, place, tensor) for name, tensor in weights.items()}


def is_gru_forgotten(plan: Plan, layer: int) -> bool:
    """Whether the kernels of this layer are left as they were initialised."""
    return plan.has("gru-not-loaded", f"gru/cell_{layer}")


def embedding_table(plan: Plan, variables: Variables) -> Tensor:
    table = variables["embedding/table"]
    if plan.has("embedding-rows"):
        return table.roll(1, 0)  # fault: embedding-rows
    if plan.has("embedding-padding-row"):
        return torch.cat([torch.zeros_like(table[:1]), table[1:]])  # fault: embedding-padding-row
    return table


def dense_kernel(plan: Plan, variables: Variables, scope: str) -> Tensor:
    """[in, out]"""
    kernel = variables[f"{scope}/kernel"]
    if plan.has("transposed-weight", scope):
        return kernel.T  # fault: transposed-weight
    return kernel
