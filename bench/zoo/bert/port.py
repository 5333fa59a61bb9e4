"""BERT ported from original.py, in four styles and with two sets of names; with faults, if asked for."""

from __future__ import annotations

import importlib
import json
import re
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

STYLES = {"modules": "modules", "functional": "functional", "by-hand": "by_hand", "fused": "fused"}
WRONG_EPSILON = {1e-12: 1e-5, 1e-3: 1e-5}
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def read_config(directory: Path) -> dict[str, Any]:
    config = json.loads((directory / "zoo.json").read_text())
    return config | {"wrong_epsilon": WRONG_EPSILON[config["epsilon"]]}


def read_variables(directory: Path, config: dict[str, Any], faults: Faults) -> dict[str, Tensor]:
    """The variables without the model's own scope: `encoder/layer_0/output/dense/kernel`, kernels as [in, out]."""
    suffix = "/ExponentialMovingAverage"
    with np.load(directory / "weights.npz") as stored:
        variables = {name: torch.from_numpy(stored[name]) for name in stored.files}
    if "ema-weights" in faults.anywhere:
        loaded = {n.removesuffix(suffix): v for n, v in variables.items() if n.endswith(suffix)}  # fault: ema-weights
    else:
        loaded = {name: value for name, value in variables.items() if not name.endswith(suffix)}
    return {name.removeprefix(f"{config['root']}/"): value for name, value in loaded.items()}


def spoil(variables: dict[str, Tensor], config: dict[str, Any], faults: Faults) -> None:
    """The faults that are in weights: what a loader gets wrong."""
    words = "embeddings/word_embeddings"
    if "embedding-rows-shifted" in faults.anywhere:
        variables[words] = variables[words].roll(1, dims=0)  # fault: embedding-rows-shifted
    if "embedding-rows-last" in faults.anywhere:
        variables[words] = nn.functional.pad(variables[words][:-1], (0, 0, 0, 1))  # fault: embedding-rows-last
    if "reduced-precision-all" in faults.anywhere:
        for name, value in variables.items():
            variables[name] = value.bfloat16().float()  # fault: reduced-precision-all
    if "layer-order" in faults.anywhere:
        for name, value in dict(variables).items():
            found = re.fullmatch(r"encoder/layer_(\d+)/(.*)", name)
            if found:
                layer = config["n_layer"] - 1 - int(found[1])
                variables[f"encoder/layer_{layer}/{found[2]}"] = value  # fault: layer-order
    for layer in range(config["n_layer"]):
        spoil_layer(variables, f"encoder/layer_{layer}", faults.at(layer))


def spoil_layer(variables: dict[str, Tensor], scope: str, faults: frozenset[str]) -> None:
    attention_output = f"{scope}/attention/output/dense/kernel"
    query, key, output = f"{scope}/attention/self/query", f"{scope}/attention/self/key", f"{scope}/output/dense/kernel"
    if "transposed-weight" in faults:
        variables[attention_output] = variables[attention_output].T  # fault: transposed-weight
    if "transposed-weight-query" in faults:
        variables[f"{query}/kernel"] = variables[f"{query}/kernel"].T  # fault: transposed-weight-query
    if "missing-weight-kernel" in faults:
        del variables[f"{scope}/intermediate/dense/kernel"]  # fault: missing-weight-kernel
    if "missing-weight-bias" in faults:
        bias = f"{scope}/attention/output/dense/bias"
        variables[bias] = torch.zeros_like(variables[bias])  # fault: missing-weight-bias
    if "missing-weight-gain" in faults:
        del variables[f"{scope}/output/LayerNorm/gamma"]  # fault: missing-weight-gain
    if "swapped-weights-norms" in faults:
        for kind in ("gamma", "beta"):
            one, two = f"{scope}/attention/output/LayerNorm/{kind}", f"{scope}/output/LayerNorm/{kind}"
            variables[one], variables[two] = variables[two], variables[one]  # fault: swapped-weights-norms
    if "swapped-weights-query-key" in faults:
        for kind in ("kernel", "bias"):
            one, two = f"{query}/{kind}", f"{key}/{kind}"
            variables[one], variables[two] = variables[two], variables[one]  # fault: swapped-weights-query-key
    if "scaled-weight" in faults:
        variables[output] = 0.5 * variables[output]  # fault: scaled-weight
    if "sign-flipped" in faults:
        variables[attention_output] = -variables[attention_output]  # fault: sign-flipped
    if "reduced-precision" in faults:
        variables[output] = variables[output].half().float()  # fault: reduced-precision


def is_table(name: str) -> bool:
    return name.endswith(TABLES)


def modules_state(variables: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in variables.items():
        path = re.sub(r"layer_(\d+)", r"layer.\1", name).replace("/", ".")
        if is_table(name):
            state[f"{path}.weight"] = value
        else:
            owner, _, kind = path.rpartition(".")
            leaf = "bias" if kind in ("bias", "beta") else "weight"
            state[f"{owner}.{leaf}"] = value.T.contiguous() if kind == "kernel" else value
    return state


def functional_state(variables: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in variables.items():
        path = name if not is_table(name) else name.removeprefix("embeddings/")
        path = re.sub(r"^encoder/layer_(\d+)/", r"layer.\1.", path)
        path = re.sub(r"attention/self/|/dense|/LayerNorm", "", path)
        state[path.replace("/", "_")] = value.T.contiguous() if name.endswith("kernel") else value
    return state


def by_hand_state(variables: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in variables.items():
        path = re.sub(r"^encoder/layer_(\d+)/", r"layer/\1/", name)
        path = path.replace("embeddings/LayerNorm", "embeddings_norm").removeprefix("embeddings/")
        path = path.replace("attention/output/LayerNorm", "attention_norm").replace("output/LayerNorm", "output_norm")
        path = path.replace("attention/output/dense", "attention/dense").replace("attention/self", "attention")
        path = re.sub(r"(intermediate|output|pooler)/dense", r"\1", path)
        state[path.replace("/", ".")] = value
    return state


def fused_state(variables: dict[str, Tensor], config: dict[str, Any], faults: Faults) -> dict[str, Tensor]:
    state = {}
    rest = {name: value for name, value in variables.items() if "/attention/self/" not in name}
    for name, value in by_hand_state(rest).items():
        owner, _, kind = name.rpartition(".")
        owner = owner.replace("attention.dense", "attention.out_proj").replace("pooler", "pooler.0")
        if is_table(name):
            state[f"{name}.weight"] = value
        elif kind in ("bias", "beta"):
            state[f"{owner}.bias"] = value
        else:
            state[f"{owner}.weight"] = value.T.contiguous() if kind == "kernel" else value
    for layer in range(config["n_layer"]):
        scope = f"encoder/layer_{layer}/attention/self"
        active = faults.at(layer)
        for leaf, kind in (("weight", "kernel"), ("bias", "bias")):
            stored = (variables[f"{scope}/{part}/{kind}"] for part in ("query", "key", "value"))
            q, k, v = (value.T if kind == "kernel" else value for value in stored)
            if "qkv-layout-interleaved" in active:
                heads = [part.unflatten(0, (config["n_head"], -1)) for part in (q, k, v)]
                joined = torch.stack(heads, dim=1).flatten(0, 2)  # fault: qkv-layout-interleaved
            elif "qkv-layout-swapped" in active:
                joined = torch.cat([q, v, k])  # fault: qkv-layout-swapped
            else:
                joined = torch.cat([q, k, v])
            state[f"layer.{layer}.attention.in_proj_{leaf}"] = joined
    return state


def build(directory: str, style: str = "modules", names: str = "same", faults: Iterable[str] = ()) -> nn.Module:
    folder = Path(directory)
    config = read_config(folder)
    active = Faults(faults, (fault["id"] for fault in FAULTS))
    torch.manual_seed(0)
    model: nn.Module = importlib.import_module(STYLES[style]).Bert(config, active)
    variables = read_variables(folder, config, active)
    spoil(variables, config, active)
    if style == "modules":
        state = modules_state(variables)
    elif style == "functional":
        state = functional_state(variables)
    elif style == "by-hand":
        state = by_hand_state(variables)
    else:
        state = fused_state(variables, config, active)
    model.load_state_dict(state, strict=not active.given)
    if names == "other":
        rename(model)
    if "training-mode" in active.anywhere:
        return model.train()  # fault: training-mode
    return model.eval()
