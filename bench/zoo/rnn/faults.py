"""The faults that port.py can be built with, and where each must be found: `python bench/zoo/rnn/faults.py`.

A fault with `requires` exists only in originals whose zoo.json has one of the listed values; `also` lists causes that are
as right.
"""

from __future__ import annotations

import json
from typing import Any

ALL = ["modules", "functional", "by-hand"]
RAW = ["functional", "by-hand"]
TORCH = ["modules", "functional"]

# Paths of the ports with either names; parts of a layer and what holds it count as the layer.
EMBEDDING = [r"embedding", r"encoder\.embed", r"bilstm(\..*)?", r"encoder\.rnn(\..*)?"]
BOTH = [r"bilstm(\..*)?", r"encoder(\.rnn(\..*)?)?"]
FW = [r"bilstm(\.fw)?", r"encoder(\.rnn(\.fw)?)?"]
BW = [r"bilstm(\.bw)?", r"encoder(\.rnn(\.bw)?)?"]
GRU = [r"gru(\..*)?", r"decoder(\.rnn(\..*)?)?"]
CELL_0 = [r"gru(\.cell_0(\..*)?)?", r"decoder(\.rnn(\.cell_0(\..*)?)?)?"]
# Where the original has no tensor that is what the port's bidirectional layer gives, it shows in the layer behind.
BEHIND = [*BOTH, *CELL_0]
CELL_1 = [r"gru(\.cell_1(\..*)?)?", r"decoder(\.rnn(\.cell_1(\..*)?)?)?"]
PROJECTION = [r"projection", r"head\.0"]
LOGITS = [r"logits", r"head(\.[12])?", r"\(output\)"]

RNN, DEC = r"(bilstm|encoder\.rnn)", r"(gru|decoder\.rnn)"
FW_TENSORS = [RNN + r"\.(weight|bias)_[ih]h_l0", RNN + r"\.fw\.\w+"]
BW_TENSORS = [RNN + r"\.(weight|bias)_[ih]h_l0_reverse", RNN + r"\.bw\.\w+"]
FW_BIAS = [RNN + r"\.bias_[ih]h_l0", RNN + r"\.fw\.(b_[ih]h|bias)"]
BW_BIAS = [RNN + r"\.bias_[ih]h_l0_reverse", RNN + r"\.bw\.(b_[ih]h|bias)"]
CELL_0_TENSORS = [DEC + r"\.\w+_l0", DEC + r"\.cell_0\..+"]
CELL_1_TENSORS = [DEC + r"\.\w+_l1", DEC + r"\.cell_1\..+"]
CELL_1_BIAS = [DEC + r"\.bias_[ih]h_l1", DEC + r"\.cell_1\.(b_[ih]h|bias)"]
TABLE = [r"embedding\.weight", r"encoder\.embed\.weight"]


def anchored(patterns: list[str]) -> list[str]:
    return [f"^{pattern}$" for pattern in patterns]


def fault(name: str, cause: str, layer: list[str], tensors: list[str], note: str, **more: Any) -> dict[str, Any]:
    """A fault of the weights where `tensors` are named, of the code where there are none."""
    where = {"modules": anchored(layer), "parameters": anchored(tensors)}
    kind = "weight" if tensors else "code"
    base = {"id": name, "cause": cause, "styles": ALL, "kind": kind, "where": where, "observable": True, "note": note}
    return {**base, "requires": {}, "also": [], **more}


KERAS = {"gru": ["keras"]}
LENGTHS = {"lengths": [True]}
NO_LENGTHS = {"lengths": [False]}

FAULTS: list[dict[str, Any]] = [
    fault("lstm-gate-order", "gate-order", FW, FW_TENSORS, "i, j, f, o taken for i, f, g, o at loading", styles=TORCH),
    fault("lstm-gate-split", "gate-order", FW, [], "the gates are split as i, f, j, o", styles=["by-hand"]),
    fault("lstm-hard-sigmoid", "activation-function", BW, [], "hard sigmoid in the gates", styles=RAW),
    fault("forget-bias", "forget-bias", BW, BW_BIAS, "1 is not added to the forget gate's bias", styles=TORCH),
    fault("forget-bias-step", "forget-bias", BW, [], "1 is not added to the forget gate", styles=["by-hand"]),
    fault("lstm-bias-doubled", "recurrent-bias", FW, FW_BIAS, "the bias is loaded as b_ih and as b_hh", styles=TORCH),
    fault(
        "lstm-bias-not-loaded",
        "missing-weight",
        BW,
        BW_BIAS,
        "the bias is left as initialised",
        also=["missing-bias", "forget-bias", "recurrent-bias"],
    ),
    fault(
        "lstm-kernel-transposed",
        "transposed-weight",
        FW,
        FW_TENSORS,
        "the square kernel [in + hidden, 4 hidden] is loaded the other way",
        styles=["by-hand"],
    ),
    fault(
        "directions-swapped",
        "swapped-weights",
        BOTH,
        [*FW_TENSORS, *BW_TENSORS],
        "forward and backward cells exchanged",
    ),
    fault("backward-not-reversed", "missing-op", BEHIND, [], "the backward cell reads the sequence forwards", styles=RAW),
    fault(
        "backward-left-reversed", "missing-op", BEHIND, [], "the backward cell's outputs are not turned back", styles=RAW
    ),
    fault(
        "padding-not-packed",
        "missing-op",
        BEHIND,
        [],
        "the backward cell starts in the padding; only rows that are padded are wrong",
        requires=LENGTHS,
    ),
    fault(
        "batch-first-forgotten",
        "missing-op",
        BOTH,
        [],
        "batch and time exchanged (no transposition, no batch_first)",
        styles=["modules"],
        requires=NO_LENGTHS,
    ),
    fault(
        "mask-missing",
        "missing-op",
        [*BOTH, *GRU, *PROJECTION],
        [],
        "steps after the end are not set to zero; only rows that are padded are wrong",
        requires=LENGTHS,
    ),
    fault(
        "gru-gate-order",
        "gate-order",
        CELL_0,
        CELL_0_TENSORS,
        "z, r, h taken for r, z, n at loading",
        styles=TORCH,
        requires=KERAS,
    ),
    fault("gru-gate-split", "gate-order", CELL_0, [], "reset and update gate exchanged", styles=["by-hand"]),
    fault(
        "gru-bias-summed",
        "recurrent-bias",
        CELL_1,
        CELL_1_BIAS,
        "both biases are added up, so that the candidate's recurrent one is outside of the reset gate",
        requires=KERAS,
    ),
    fault(
        "gru-reset",
        "recurrent-bias",
        CELL_1,
        [],
        "the reset gate acts on the other side of the recurrent product (reset_after)",
        styles=RAW,
    ),
    fault("gru-hard-sigmoid", "activation-function", CELL_0, [], "hard sigmoid in the gates", styles=RAW),
    fault(
        "gru-recurrent-untransposed",
        "transposed-weight",
        CELL_1,
        CELL_1_TENSORS,
        "the square block of each gate is loaded without its transposition",
        styles=TORCH,
        requires=KERAS,
    ),
    fault("gru-not-loaded", "missing-weight", CELL_1, CELL_1_TENSORS, "the layer is left as initialised"),
    fault(
        "layer-order",
        "layer-order",
        GRU,
        [*CELL_0_TENSORS, *CELL_1_TENSORS],
        "the two layers exchanged",
        also=["swapped-weights"],
    ),
    fault("embedding-rows", "embedding-rows", EMBEDDING, TABLE, "all rows are one further down"),
    fault("embedding-padding-row", "embedding-rows", EMBEDDING, TABLE, "row 0 is zero, as with padding_idx"),
    fault(
        "embedding-scale",
        "embedding-scale",
        EMBEDDING,
        [],
        "√width is forgotten, or added where the original has none",
        also=["scalar-factor"],
    ),
    fault(
        "transposed-weight",
        "transposed-weight",
        PROJECTION,
        [r"(projection|head\.0)\.weight"],
        "a square dense kernel is stored the other way",
    ),
    fault("missing-activation", "activation-function", [*PROJECTION, *LOGITS], [], "no tanh", also=["missing-op"]),
    fault("missing-bias", "missing-bias", LOGITS, [], "the layer is built without its bias"),
]

if __name__ == "__main__":
    print(json.dumps(FAULTS, indent=2, ensure_ascii=False))
