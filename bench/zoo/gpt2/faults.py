"""The faults that port.py can be built with. `python faults.py` prints them as JSON.

`also` lists causes that are as right as `cause`. `requires` says for which originals a fault can be injected: keys of
zoo.json with the values that they may have. `layered` faults can be limited to one layer, `norm-epsilon@1`; `{layer}`
in a pattern stands for that layer's number, or for any.
"""

from __future__ import annotations

import json
from typing import Any

ALL = ["modules", "functional", "by-hand", "fused"]
NOT_FUSED = ["modules", "functional", "by-hand"]
NOT_FUNCTIONAL = ["modules", "by-hand", "fused"]
SPELT_OUT = ["modules", "by-hand"]

# Module paths under both sets of names. A module's own output, or that of the module whose forward it stands in.
BLOCK = r"^(h|blocks)\.{layer}$"
ATTENTION = r"^(h|blocks)\.{layer}\.(attn|self_attention)$"
PROJECTIONS = r"^(h|blocks)\.{layer}\.(attn|self_attention)\.(c_attn|qkv|q|k|v|to_q|to_k|to_v)$"
ATTENTION_OUTPUT = r"^(h|blocks)\.{layer}\.(attn|self_attention)\.(c_proj|out)$"
MLP = r"^(h|blocks)\.{layer}\.(mlp|feed_forward)$"
MLP_INPUT = r"^(h|blocks)\.{layer}\.(mlp|feed_forward)\.(c_fc|ff1|0)$"
MLP_OUTPUT = r"^(h|blocks)\.{layer}\.(mlp|feed_forward)\.(c_proj|ff2|2)$"
ACTIVATION = r"^(h|blocks)\.{layer}\.(mlp|feed_forward)\.1$"
NORMS = r"^(h|blocks)\.{layer}\.(ln_[12]|norm[12])$"
FIRST_NORM = r"^(h|blocks)\.{layer}\.(ln_1|norm1)$"
SECOND_NORM = r"^(h|blocks)\.{layer}\.(ln_2|norm2)$"
FINAL_NORM = r"^(ln_f|final_norm)$"
TOKENS = r"^(wte|token_embedding)$"
POSITIONS = r"^(wpe|position_embedding)$"
ROOT = r"^\(output\)"
HEAD = r"^(lm_head|output)$"
FIRST_BLOCK = r"^(h|blocks)\.0(\.(ln_1|norm1|attn|self_attention))?$"

KERNEL = r"([._](w|weight|kernel))$"
ATTENTION_KERNEL = rf"^(h|blocks)\.{{layer}}\.(attn|self_attention)\.(c_proj|out){KERNEL}"
ATTENTION_BIAS = r"^(h|blocks)\.{layer}\.(attn|self_attention)\.(c_proj|out)[._](b|bias)$"
JOINED = r"^(h|blocks)\.{layer}\.(attn|self_attention)\.(c_attn|qkv|q|k|v|to_q|to_k|to_v)[._](w|weight|kernel|b|bias)$"
MLP_INPUT_KERNEL = rf"^(h|blocks)\.{{layer}}\.(mlp|feed_forward)\.(c_fc|ff1|0){KERNEL}"
MLP_OUTPUT_KERNEL = rf"^(h|blocks)\.{{layer}}\.(mlp|feed_forward)\.(c_proj|ff2|2){KERNEL}"
SECOND_GAIN = r"^(h|blocks)\.{layer}\.(ln_2|norm2)[._](g|weight|gamma)$"
NORM_PARAMETERS = r"^(h|blocks)\.{layer}\.(ln_[12]|norm[12])[._](g|b|weight|bias|gamma|beta)$"
TABLE = r"^(wte|token_embedding)(\.weight)?$"
ANY_LAYER = r"^(h|blocks)\.\d+\."


def fault(
    name: str,
    cause: str,
    styles: list[str],
    modules: list[str],
    parameters: list[str] | None = None,
    *,
    observable: bool = True,
    layered: bool = True,
    also: list[str] | None = None,
    requires: dict[str, list[Any]] | None = None,
    note: str = "",
) -> dict[str, Any]:
    return {
        "id": name,
        "cause": cause,
        "also": also or [],
        "styles": styles,
        "kind": "code" if parameters is None else "weight",
        "where": {"modules": modules, "parameters": parameters or []},
        "observable": observable,
        "layered": layered,
        "requires": requires or {},
        "note": note,
    }


SQUARE_MLP = {"mlp_ratio": [1]}
LEARNED = {"positions": ["learned"]}
IN_ATTENTION = [ATTENTION_OUTPUT, ATTENTION, BLOCK]
IN_MLP = [MLP_OUTPUT, MLP, ACTIVATION, BLOCK]
AFTER_ATTENTION = [SECOND_NORM, BLOCK, MLP]
EMBEDDED = [TOKENS, POSITIONS, FIRST_BLOCK]

FAULTS: list[dict[str, Any]] = [
    fault(
        "transposed-weight",
        "transposed-weight",
        ALL,
        IN_ATTENTION,
        [ATTENTION_KERNEL],
        note="attention output",
    ),
    fault(
        "transposed-weight-mlp",
        "transposed-weight",
        ALL,
        [MLP_INPUT, *IN_MLP],
        [MLP_INPUT_KERNEL],
        requires=SQUARE_MLP,
    ),
    fault(
        "missing-weight-kernel",
        "missing-weight",
        ALL,
        [MLP_INPUT, *IN_MLP],
        [MLP_INPUT_KERNEL],
    ),
    fault(
        "missing-weight-bias",
        "missing-weight",
        ALL,
        IN_ATTENTION,
        [ATTENTION_BIAS],
        note="a bias that stayed zero",
        also=["missing-bias"],
    ),
    fault(
        "missing-weight-gain",
        "missing-weight",
        ALL,
        AFTER_ATTENTION,
        [SECOND_GAIN],
        note="a gain that stayed one",
    ),
    fault(
        "swapped-weights-norms",
        "swapped-weights",
        ALL,
        [FIRST_NORM, *AFTER_ATTENTION, ATTENTION],
        [NORM_PARAMETERS],
    ),
    fault(
        "swapped-weights-projections",
        "swapped-weights",
        ALL,
        [*IN_ATTENTION, *IN_MLP],
        [ATTENTION_KERNEL, MLP_OUTPUT_KERNEL],
        requires=SQUARE_MLP,
    ),
    fault(
        "layer-order",
        "layer-order",
        ALL,
        [r"^(h|blocks)\.\d+"],
        [ANY_LAYER],
        layered=False,
        note="layers reversed",
    ),
    fault(
        "qkv-layout-interleaved",
        "qkv-layout",
        ALL,
        [PROJECTIONS, *IN_ATTENTION],
        [JOINED],
        note="per head",
    ),
    fault(
        "qkv-layout-swapped",
        "qkv-layout",
        ALL,
        [PROJECTIONS, *IN_ATTENTION],
        [JOINED],
        # Where the port keeps K and V apart, each holds the other's weights: both names are true of it.
        also=["swapped-weights"],
        note="K and V exchanged",
    ),
    fault(
        "embedding-rows-shifted",
        "embedding-rows",
        ALL,
        [TOKENS, FIRST_BLOCK, ROOT],
        [TABLE],
        layered=False,
    ),
    fault(
        "embedding-rows-last",
        "embedding-rows",
        ALL,
        [TOKENS, FIRST_BLOCK, ROOT],
        [TABLE],
        layered=False,
        note="zeros",
    ),
    fault(
        "scaled-weight",
        "scaled-weight",
        ALL,
        [MLP_OUTPUT, MLP, BLOCK],
        [MLP_OUTPUT_KERNEL],
        note="halved",
    ),
    fault("sign-flipped", "sign-flipped", ALL, IN_ATTENTION, [ATTENTION_KERNEL], also=["scaled-weight"]),
    fault(
        "reduced-precision",
        "reduced-precision",
        ALL,
        [MLP_OUTPUT, MLP, BLOCK],
        [MLP_OUTPUT_KERNEL],
        note="float16",
    ),
    fault(
        "reduced-precision-all",
        "reduced-precision",
        ALL,
        [r"."],
        [r"."],
        layered=False,
        note="bfloat16, every weight",
    ),
    fault(
        "ema-weights",
        "ema-weights",
        ALL,
        [r"."],
        [r"."],
        layered=False,
        requires={"ema": [True]},
    ),
    fault("missing-bias", "missing-bias", NOT_FUSED, [MLP_OUTPUT, MLP, BLOCK]),
    fault(
        "missing-bias-attention",
        "missing-bias",
        ["modules", "functional", "fused"],
        IN_ATTENTION,
    ),
    fault("missing-bias-norm", "missing-bias", ["by-hand"], [NORMS, ATTENTION, MLP, BLOCK]),
    fault("norm-epsilon", "norm-epsilon", ALL, [NORMS, ATTENTION, MLP, BLOCK]),
    fault(
        "norm-epsilon-placement",
        "norm-epsilon-placement",
        ["by-hand"],
        [NORMS, ATTENTION, MLP, BLOCK],
        requires={"epsilon": [1e-3]},
        note="a smaller epsilon does not show in every layer",
    ),
    fault("variance-ddof", "variance-ddof", ["by-hand"], [NORMS, ATTENTION, MLP, BLOCK]),
    fault(
        "norm-axis",
        "norm-axis",
        ["functional", "by-hand"],
        [NORMS, ATTENTION, MLP, BLOCK],
    ),
    fault(
        "gelu-approximation",
        "gelu-approximation",
        ALL,
        IN_MLP,
        note="erf instead of tanh",
    ),
    fault(
        "gelu-sigmoid",
        "gelu-approximation",
        NOT_FUSED,
        IN_MLP,
        note="x * sigmoid(1.702 x)",
        also=["activation-function"],
    ),
    fault("activation-function-relu", "activation-function", ALL, IN_MLP),
    fault("activation-function-silu", "activation-function", ALL, IN_MLP),
    fault("missing-activation", "activation-function", ALL, IN_MLP, also=["missing-op"]),
    fault("softmax-axis", "softmax-axis", NOT_FUSED, IN_ATTENTION),
    fault("double-softmax", "double-softmax", NOT_FUSED, IN_ATTENTION, also=["extra-op"]),
    fault("logits-vs-probabilities", "logits-vs-probabilities", NOT_FUSED, [ROOT], layered=False, also=["extra-op"]),
    fault("attention-scale-missing", "attention-scale", ALL, IN_ATTENTION),
    fault(
        "attention-scale-width",
        "attention-scale",
        ALL,
        IN_ATTENTION,
        note="1/sqrt(width)",
    ),
    fault(
        "attention-scale-twice",
        "attention-scale",
        NOT_FUNCTIONAL,
        IN_ATTENTION,
        note="1/size",
    ),
    fault("attention-mask-missing", "attention-mask", ALL, IN_ATTENTION),
    fault(
        "attention-mask-diagonal",
        "attention-mask",
        ALL,
        IN_ATTENTION,
        note="one position ahead is seen",
    ),
    fault("attention-mask-inverted", "attention-mask", NOT_FUSED, IN_ATTENTION),
    fault(
        "attention-mask-constant",
        "attention-mask",
        SPELT_OUT,
        IN_ATTENTION,
        note="-1 leaks",
    ),
    fault(
        "attention-mask-float16",
        "attention-mask",
        SPELT_OUT,
        IN_ATTENTION,
        observable=False,
        note="-1e4 for -1e10: no row is wholly masked, both give 0",
    ),
    fault("head-layout", "head-layout", ALL, IN_ATTENTION, note="split as (size, head)"),
    fault(
        "head-layout-merge",
        "head-layout",
        ALL,
        IN_ATTENTION,
        note="merged without transposing back",
    ),
    fault(
        "qkv-order", "qkv-layout", NOT_FUSED, IN_ATTENTION, note="Q and K exchanged in code", also=["swapped-weights"]
    ),
    fault(
        "rope-layout",
        "rope-layout",
        ALL,
        IN_ATTENTION,
        requires={"positions": ["rotary"]},
    ),
    fault(
        "position-offset", "position-offset", ALL, EMBEDDED, layered=False, requires=LEARNED, also=["embedding-rows"]
    ),
    fault(
        "embedding-scale-missing",
        "embedding-scale",
        ALL,
        EMBEDDED,
        layered=False,
        requires={"embedding_scale": ["sqrt", "bfloat16"]},
        also=["scalar-factor"],
    ),
    fault(
        "embedding-scale-extra",
        "embedding-scale",
        ALL,
        EMBEDDED,
        layered=False,
        requires={"embedding_scale": ["none"]},
        also=["scalar-factor"],
    ),
    fault(
        "constant-precision",
        "embedding-scale",
        ALL,
        EMBEDDED,
        layered=False,
        requires={"embedding_scale": ["bfloat16"]},
        note="the original's factor is rounded to bfloat16, the port's is not",
        also=["constant-precision", "scalar-factor"],
    ),
    fault("scalar-factor", "scalar-factor", ALL, AFTER_ATTENTION),
    fault("missing-residual", "missing-residual", ALL, AFTER_ATTENTION),
    fault("missing-residual-mlp", "missing-residual", NOT_FUNCTIONAL, [BLOCK]),
    fault(
        "norm-order",
        "norm-order",
        NOT_FUSED,
        [FIRST_NORM, ATTENTION, PROJECTIONS, *AFTER_ATTENTION],
    ),
    fault("missing-op-norm", "missing-op", NOT_FUSED, [MLP, MLP_INPUT, BLOCK, SECOND_NORM]),
    fault(
        "missing-op-final-norm",
        "missing-op",
        NOT_FUSED,
        [FINAL_NORM, ROOT],
        layered=False,
    ),
    fault("extra-op-relu", "extra-op", SPELT_OUT, [MLP, BLOCK], also=["activation-function"]),
    fault("extra-op-norm", "extra-op", ["modules"], EMBEDDED, layered=False),
    fault(
        "untied-embedding",
        "untied-embedding",
        ["modules", "fused"],
        [HEAD, ROOT],
        layered=False,
        also=["missing-weight"],
    ),
    fault("training-mode", "training-mode", ["modules"], [r"."], layered=False, also=["dropout-active"]),
    fault(
        "dropout-active",
        "dropout-active",
        ["modules", "functional", "fused"],
        IN_ATTENTION,
    ),
]

if __name__ == "__main__":
    print(json.dumps(FAULTS, indent=2))
