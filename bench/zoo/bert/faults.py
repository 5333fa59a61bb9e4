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

# Module paths in every style and under both sets of names.
LAYER = r"^((encoder|transformer)\.)?(layers?|blocks)\.{layer}"
ATTENDING = rf"{LAYER}\.(attention|self_attention|self_attn)"
PROJECTIONS = rf"{ATTENDING}(\.(self|heads))?(\.(query|key|value|q|k|v))?$"
ATTENTION = rf"{ATTENDING}(\.(self|heads|output|out|output\.dense|out\.proj|dense|out_proj))?$"
ATTENTION_NORM = rf"({ATTENDING}\.(output|out)(\.(LayerNorm|norm))?|{LAYER}\.(attention_norm|norm1))$"
INTERMEDIATE = rf"{LAYER}\.(intermediate|expand|ff1|linear1|activation|intermediate\.dense|expand\.ff1)$"
OUTPUT = rf"{LAYER}\.(output|contract|ff2|linear2|output\.dense|contract\.ff2)$"
OUTPUT_NORM = rf"{LAYER}\.(output|contract|output\.LayerNorm|contract\.norm|output_norm|norm2)$"
WHOLE_LAYER = rf"{LAYER}$"
TABLES = (
    r"^((embeddings|embed)\.)?(word_embeddings|position_embeddings|token_type_embeddings|tokens|positions|segments)$"
)
EMBEDDINGS = r"^(embeddings|embed)(\.(LayerNorm|norm))?$|^(embeddings_norm|embed_norm)$"
FIRST_LAYER = r"^((encoder|transformer)\.)?(layers?|blocks)\.0\b"
POOLER = r"^(pooler|pool)\b"
LAST = r"^(encoder|transformer)$"
ROOT = r"^\(output\)"

END = r"[._](w|b|weight|bias|kernel|gamma|beta|scale|offset|shift)$"
ATTENTION_PARAMETERS = (
    rf"{ATTENDING}\.(output\.dense|out\.proj|dense|out|out_proj){END}|{LAYER}\.(attention_output_(kernel|bias)|[wb]o)$"
)
PROJECTION_PARAMETERS = (
    rf"{ATTENDING}\.((self|heads)\.)?(query|key|value|q|k|v|in_proj)[._](weight|bias|kernel|w|b)$"
    rf"|{LAYER}\.((query|key|value)_(kernel|bias)|[wb][qkv])$"
)
INTERMEDIATE_PARAMETERS = rf"{LAYER}\.(intermediate\.dense|expand\.ff1|intermediate|ff1|linear1){END}|{LAYER}\.(w1|b1)$"
OUTPUT_PARAMETERS = rf"{LAYER}\.(output\.dense|contract\.ff2|output|ff2|linear2){END}|{LAYER}\.(w2|b2)$"
ATTENTION_NORM_PARAMETERS = (
    rf"{ATTENDING}\.(output\.LayerNorm|out\.norm){END}|{LAYER}\.(attention_norm|norm1|attention_output){END}"
)
OUTPUT_NORM_PARAMETERS = rf"{LAYER}\.(output\.LayerNorm|contract\.norm|output_norm|norm2|output){END}"
WORDS = r"(word_embeddings|token_table|tokens)(\.weight)?$"


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


AFTER_ATTENTION = [ATTENTION, ATTENTION_NORM, WHOLE_LAYER]
NORMS = [ATTENTION_NORM, ATTENTION, OUTPUT_NORM, WHOLE_LAYER]
AFTER_INTERMEDIATE = [INTERMEDIATE, OUTPUT, WHOLE_LAYER]
AFTER_OUTPUT = [OUTPUT, OUTPUT_NORM, WHOLE_LAYER]
EMBEDDED = [TABLES, EMBEDDINGS, FIRST_LAYER]
EVERYWHERE = [r"."]

FAULTS: list[dict[str, Any]] = [
    fault("transposed-weight", "transposed-weight", ALL, AFTER_ATTENTION, [ATTENTION_PARAMETERS]),
    fault(
        "transposed-weight-query", "transposed-weight", ALL, [PROJECTIONS, *AFTER_ATTENTION], [PROJECTION_PARAMETERS]
    ),
    fault("missing-weight-kernel", "missing-weight", ALL, AFTER_INTERMEDIATE, [INTERMEDIATE_PARAMETERS]),
    fault(
        "missing-weight-bias",
        "missing-weight",
        ALL,
        AFTER_ATTENTION,
        [ATTENTION_PARAMETERS],
        also=["missing-bias"],
        note="a bias that stayed zero",
    ),
    fault("missing-weight-gain", "missing-weight", ALL, AFTER_OUTPUT, [OUTPUT_NORM_PARAMETERS], note="it stayed one"),
    fault(
        "swapped-weights-norms",
        "swapped-weights",
        ALL,
        [*AFTER_ATTENTION, *AFTER_OUTPUT],
        [ATTENTION_NORM_PARAMETERS, OUTPUT_NORM_PARAMETERS],
    ),
    fault(
        "swapped-weights-query-key",
        "swapped-weights",
        ALL,
        [PROJECTIONS, *AFTER_ATTENTION],
        [PROJECTION_PARAMETERS],
        also=["qkv-layout"],
    ),
    fault("layer-order", "layer-order", ALL, [rf"{LAYER}", LAST], [rf"{LAYER}"], layered=False, note="layers reversed"),
    fault("qkv-layout-interleaved", "qkv-layout", ["fused"], AFTER_ATTENTION, [PROJECTION_PARAMETERS], note="per head"),
    fault("qkv-layout-swapped", "qkv-layout", ["fused"], AFTER_ATTENTION, [PROJECTION_PARAMETERS], note="K and V"),
    fault("embedding-rows-shifted", "embedding-rows", ALL, EMBEDDED, [WORDS], layered=False),
    fault("embedding-rows-last", "embedding-rows", ALL, EMBEDDED, [WORDS], layered=False, note="zeros"),
    fault("scaled-weight", "scaled-weight", ALL, AFTER_OUTPUT, [OUTPUT_PARAMETERS], note="halved"),
    fault("sign-flipped", "sign-flipped", ALL, AFTER_ATTENTION, [ATTENTION_PARAMETERS], also=["scaled-weight"]),
    fault("reduced-precision", "reduced-precision", ALL, AFTER_OUTPUT, [OUTPUT_PARAMETERS], note="float16"),
    fault(
        "reduced-precision-all",
        "reduced-precision",
        ALL,
        EVERYWHERE,
        EVERYWHERE,
        layered=False,
        note="bfloat16, every weight",
    ),
    fault("ema-weights", "ema-weights", ALL, EVERYWHERE, EVERYWHERE, layered=False, requires={"ema": [True]}),
    fault("missing-bias", "missing-bias", ALL, AFTER_OUTPUT),
    fault("missing-bias-attention", "missing-bias", ["modules", "functional"], AFTER_ATTENTION),
    fault("missing-bias-norm", "missing-bias", ["by-hand"], NORMS),
    fault("norm-epsilon", "norm-epsilon", ALL, NORMS),
    fault("norm-epsilon-placement", "norm-epsilon-placement", ["by-hand"], NORMS, requires={"epsilon": [1e-3]}),
    fault("variance-ddof", "variance-ddof", ["by-hand"], NORMS),
    fault("norm-axis", "norm-axis", ["functional", "by-hand"], NORMS),
    fault("gelu-approximation", "gelu-approximation", ALL, AFTER_INTERMEDIATE, note="tanh for erf, or erf for tanh"),
    fault(
        "gelu-sigmoid",
        "gelu-approximation",
        NOT_FUSED,
        AFTER_INTERMEDIATE,
        also=["activation-function"],
        note="x * sigmoid(1.702 x)",
    ),
    fault("activation-function-relu", "activation-function", ALL, AFTER_INTERMEDIATE),
    fault("activation-function-silu", "activation-function", ALL, AFTER_INTERMEDIATE),
    fault("missing-activation", "activation-function", ALL, AFTER_INTERMEDIATE, also=["missing-op"]),
    fault("softmax-axis", "softmax-axis", NOT_FUSED, AFTER_ATTENTION),
    fault("double-softmax", "double-softmax", NOT_FUSED, AFTER_ATTENTION, also=["extra-op"]),
    fault("attention-scale-missing", "attention-scale", NOT_FUSED, AFTER_ATTENTION),
    fault("attention-scale-width", "attention-scale", NOT_FUSED, AFTER_ATTENTION, note="1/sqrt(width)"),
    fault("attention-scale-twice", "attention-scale", NOT_FUSED, AFTER_ATTENTION, note="1/size"),
    fault("attention-mask-ignored", "attention-mask", ALL, AFTER_ATTENTION, note="shows in padded cases"),
    fault("attention-mask-inverted", "attention-mask", NOT_FUSED, AFTER_ATTENTION),
    fault("attention-mask-constant", "attention-mask", NOT_FUSED, AFTER_ATTENTION, note="-1 leaks"),
    fault(
        "attention-mask-infinite",
        "attention-mask",
        NOT_FUSED,
        AFTER_ATTENTION,
        observable=False,
        note="-1e9 or -inf for -1e4: shows only where a row is wholly masked",
    ),
    fault("head-layout", "head-layout", NOT_FUSED, AFTER_ATTENTION, note="split as (size, head)"),
    fault("head-layout-merge", "head-layout", NOT_FUSED, AFTER_ATTENTION, note="merged without transposing back"),
    fault("position-offset", "position-offset", ALL, EMBEDDED, layered=False, also=["embedding-rows"]),
    fault("token-type-ignored", "token-type", ALL, EMBEDDED, layered=False),
    fault("token-type-constant", "token-type", ALL, EMBEDDED, layered=False, note="always 1"),
    fault("embedding-scale-extra", "embedding-scale", ALL, EMBEDDED, layered=False, also=["scalar-factor"]),
    fault("scalar-factor", "scalar-factor", ALL, AFTER_ATTENTION),
    fault("missing-residual", "missing-residual", ALL, AFTER_ATTENTION),
    fault("missing-residual-mlp", "missing-residual", ALL, [OUTPUT_NORM, WHOLE_LAYER]),
    fault("norm-order", "norm-order", ALL, AFTER_ATTENTION, note="normalised before the residual is added"),
    fault("missing-op-norm", "missing-op", NOT_FUNCTIONAL, [*AFTER_ATTENTION, INTERMEDIATE]),
    fault("missing-op-embedding-norm", "missing-op", NOT_FUNCTIONAL, EMBEDDED, layered=False),
    fault("missing-op-tanh", "missing-op", ALL, [POOLER, ROOT], layered=False, also=["activation-function"]),
    fault("extra-op-relu", "extra-op", NOT_FUNCTIONAL, AFTER_OUTPUT, also=["activation-function"]),
    fault("extra-op-norm", "extra-op", ["modules"], [LAST, POOLER, ROOT], layered=False),
    fault("training-mode", "training-mode", ["modules"], EVERYWHERE, layered=False, also=["dropout-active"]),
    fault("dropout-active", "dropout-active", ["modules", "functional"], AFTER_ATTENTION),
]

if __name__ == "__main__":
    print(json.dumps(FAULTS, indent=2))
