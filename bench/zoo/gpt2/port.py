"""GPT-2 ported from original.py, in four styles and with two sets of names; with faults, if asked for."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults import FAULTS
from ported import Faults, rename

STYLES = {
    "modules": "modules",
    "functional": "functional",
    "by-hand": "by_hand",
    "fused": "fused",
}
WRONG_EPSILON = {1e-5: 1e-12, 1e-6: 1e-3, 1e-3: 1e-5}


def read_config(directory: Path) -> dict[str, Any]:
    config = json.loads((directory / "zoo.json").read_text())
    return config | {"wrong_epsilon": WRONG_EPSILON[config["epsilon"]]}


def read_variables(directory: Path, config: dict[str, Any], faults: Faults) -> dict[str, Tensor]:
    """The variables without the model's own scope: `h0/attn/c_attn/w`, kernels as [in, out]."""
    suffix = "/ExponentialMovingAverage"
    with np.load(directory / "weights.npz") as stored:
        variables = {name: torch.from_numpy(stored[name]) for name in stored.files}
    root = f"{config['root']}/"
    if "ema-weights" in faults.anywhere:
        loaded = {n.removesuffix(suffix): v for n, v in variables.items() if n.endswith(suffix)}  # fault: ema-weights
    else:
        loaded = {name: value for name, value in variables.items() if not name.endswith(suffix)}
    named = {name.removeprefix(root): value for name, value in loaded.items()}
    return {name: value.squeeze(0) if name.endswith("/w") else value for name, value in named.items()}


def spoil(variables: dict[str, Tensor], config: dict[str, Any], faults: Faults) -> None:
    """The faults that are in weights: what a loader gets wrong."""
    if "embedding-rows-shifted" in faults.anywhere:
        variables["wte"] = variables["wte"].roll(1, dims=0)  # fault: embedding-rows-shifted
    if "embedding-rows-last" in faults.anywhere:
        variables["wte"] = nn.functional.pad(variables["wte"][:-1], (0, 0, 0, 1))  # fault: embedding-rows-last
    if "reduced-precision-all" in faults.anywhere:
        for name, value in variables.items():
            variables[name] = value.bfloat16().float()  # fault: reduced-precision-all
    if "layer-order" in faults.anywhere:
        layers = {name: value for name, value in variables.items() if name.startswith("h")}
        for name, value in layers.items():
            layer, _, rest = name[1:].partition("/")
            variables[f"h{config['n_layer'] - 1 - int(layer)}/{rest}"] = value  # fault: layer-order
    for layer in range(config["n_layer"]):
        spoil_layer(variables, f"h{layer}", config, faults.at(layer))


def spoil_layer(variables: dict[str, Tensor], h: str, config: dict[str, Any], faults: frozenset[str]) -> None:
    width, n_head = config["n_embd"], config["n_head"]
    if "transposed-weight" in faults:
        variables[f"{h}/attn/c_proj/w"] = variables[f"{h}/attn/c_proj/w"].T  # fault: transposed-weight
    if "transposed-weight-mlp" in faults:
        variables[f"{h}/mlp/c_fc/w"] = variables[f"{h}/mlp/c_fc/w"].T  # fault: transposed-weight-mlp
    if "missing-weight-kernel" in faults:
        del variables[f"{h}/mlp/c_fc/w"]  # fault: missing-weight-kernel
    if "missing-weight-bias" in faults:
        variables[f"{h}/attn/c_proj/b"] = torch.zeros(width)  # fault: missing-weight-bias
    if "missing-weight-gain" in faults:
        del variables[f"{h}/ln_2/g"]  # fault: missing-weight-gain
    if "swapped-weights-norms" in faults:
        for kind in "gb":
            one, two = f"{h}/ln_1/{kind}", f"{h}/ln_2/{kind}"
            variables[one], variables[two] = variables[two], variables[one]  # fault: swapped-weights-norms
    if "swapped-weights-projections" in faults:
        one, two = f"{h}/attn/c_proj/w", f"{h}/mlp/c_proj/w"
        variables[one], variables[two] = variables[two], variables[one]  # fault: swapped-weights-projections
    if "qkv-layout-interleaved" in faults:
        for kind in "wb":
            joined = variables[f"{h}/attn/c_attn/{kind}"]
            heads = joined.unflatten(-1, (n_head, 3, width // n_head))
            variables[f"{h}/attn/c_attn/{kind}"] = heads.transpose(-2, -3).flatten(-3)  # fault: qkv-layout-interleaved
    if "qkv-layout-swapped" in faults:
        for kind in "wb":
            q, k, v = variables[f"{h}/attn/c_attn/{kind}"].chunk(3, dim=-1)
            variables[f"{h}/attn/c_attn/{kind}"] = torch.cat([q, v, k], dim=-1)  # fault: qkv-layout-swapped
    if "scaled-weight" in faults:
        variables[f"{h}/mlp/c_proj/w"] = 0.5 * variables[f"{h}/mlp/c_proj/w"]  # fault: scaled-weight
    if "sign-flipped" in faults:
        variables[f"{h}/attn/c_proj/w"] = -variables[f"{h}/attn/c_proj/w"]  # fault: sign-flipped
    if "reduced-precision" in faults:
        variables[f"{h}/mlp/c_proj/w"] = variables[f"{h}/mlp/c_proj/w"].half().float()  # fault: reduced-precision


def state_for(style: str, variables: dict[str, Tensor]) -> dict[str, Tensor]:
    """The variables under the names and in the layouts of a style's parameters."""
    state: dict[str, Tensor] = {}
    for name, value in variables.items():
        scope, _, kind = name.rpartition("/")
        module = scope.replace("/", ".")
        if module.startswith("h"):
            module = f"h.{module[1:]}"
        is_norm = module.rpartition(".")[2].startswith("ln_")
        if style == "by-hand":
            state[f"{module}.{kind}" if module else kind] = value
        elif style == "functional":
            state[f"{module}_{kind}" if module else kind] = value if kind != "w" else value.T.contiguous()
        elif not module:
            state[f"{kind}.weight"] = value
        elif is_norm:
            state[f"{module}.{'weight' if kind == 'g' else 'bias'}"] = value
        elif style == "fused" and module.endswith("c_attn"):
            for part, own in zip("qkv", value.chunk(3, dim=-1), strict=True):
                prefix = module.removesuffix("c_attn") + part
                state[f"{prefix}.{'weight' if kind == 'w' else 'bias'}"] = own.T.contiguous() if kind == "w" else own
        else:
            if style == "fused":
                module = module.replace("mlp.c_fc", "mlp.0").replace("mlp.c_proj", "mlp.2")
            state[f"{module}.{'weight' if kind == 'w' else 'bias'}"] = value.T.contiguous() if kind == "w" else value
    return state


def build(
    directory: str,
    style: str = "modules",
    names: str = "same",
    faults: Iterable[str] = (),
) -> nn.Module:
    folder = Path(directory)
    config = read_config(folder)
    active = Faults(faults, (fault["id"] for fault in FAULTS))
    torch.manual_seed(0)
    model: nn.Module = importlib.import_module(STYLES[style]).GPT2(config, active)
    variables = read_variables(folder, config, active)
    spoil(variables, config, active)
    state = state_for(style, variables)
    if style == "fused" and "untied-embedding" not in active.anywhere:
        state["lm_head.weight"] = state["wte.weight"]
    model.load_state_dict(state, strict=not active.given)
    if names == "other":
        rename(model)
    if "training-mode" in active.anywhere:
        return model.train()  # fault: training-mode
    return model.eval()
