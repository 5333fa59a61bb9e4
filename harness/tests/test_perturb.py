from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from parity_harness.perturb import Jitter, PermutedReductions, move_one_ulp
from torch import Tensor, nn


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(math.prod(shape)), dtype=torch.float64)


X = drawn(3, 17, 96)
Q = drawn(2, 4, 33, 64)
IMAGE = drawn(2, 48, 9, 11)
WIDE = drawn(80, 96)
MASK = torch.zeros(33, 33, dtype=torch.float64).masked_fill(torch.ones(33, 33).tril() == 0, -math.inf)
Contraction = Callable[[Callable[[Tensor], Tensor]], Tensor]

# Each takes `c`, which casts a tensor to the dtype under test.
CONTRACTIONS: dict[str, Contraction] = {
    "linear": lambda c: F.linear(c(X), c(WIDE), c(drawn(80))),
    "linear without bias": lambda c: F.linear(c(X), c(WIDE)),
    "linear of a transposed input": lambda c: F.linear(c(X).transpose(0, 1), c(WIDE), c(drawn(80))),
    "@": lambda c: c(X) @ c(WIDE).t(),
    "matmul in four axes": lambda c: torch.matmul(c(Q), c(Q).transpose(-1, -2)),
    "mm": lambda c: torch.mm(c(X)[0], c(WIDE).t()),
    "bmm": lambda c: torch.bmm(c(X), c(X).transpose(1, 2)),
    "addmm": lambda c: torch.addmm(c(drawn(80)), c(X)[0], c(WIDE).t(), beta=0.5, alpha=2.0),
    "baddbmm": lambda c: torch.baddbmm(c(drawn(3, 17, 17)), c(X), c(X).transpose(1, 2), beta=0.5, alpha=2.0),
    "mv": lambda c: c(WIDE) @ c(X)[0, 0],
    "dot": lambda c: torch.dot(c(X).flatten(), c(X).flatten()),
    "einsum": lambda c: torch.einsum("bij,oj->bio", c(X), c(WIDE)),
    "conv1d": lambda c: F.conv1d(c(X), c(drawn(8, 17, 3)), c(drawn(8)), padding=1, stride=2),
    "conv2d": lambda c: F.conv2d(c(IMAGE), c(drawn(8, 48, 3, 3)), padding="same"),
    "conv2d channels last": lambda c: F.conv2d(c(IMAGE).to(memory_format=torch.channels_last), c(drawn(8, 48, 3, 3))),
    "conv3d": lambda c: F.conv3d(c(drawn(1, 32, 4, 5, 6)), c(drawn(8, 32, 2, 2, 2))),
    "conv_transpose2d": lambda c: F.conv_transpose2d(c(IMAGE), c(drawn(48, 8, 3, 3)), stride=2),
    "layer_norm": lambda c: F.layer_norm(c(X), (96,), c(drawn(96)), c(drawn(96))),
    "layer_norm over two axes": lambda c: F.layer_norm(c(X), (17, 96), c(drawn(17, 96))),
    "group_norm": lambda c: F.group_norm(c(IMAGE), 4, c(drawn(48)), c(drawn(48))),
    "rms_norm": lambda c: F.rms_norm(c(X), (96,), c(drawn(96))),
    "softmax": lambda c: F.softmax(3 * c(drawn(4, 501)), -1),
    "log_softmax": lambda c: F.log_softmax(3 * c(drawn(501, 4)), 0),
    "logsumexp": lambda c: torch.logsumexp(3 * c(drawn(96, 501)), -1),
    "attention": lambda c: F.scaled_dot_product_attention(c(Q), c(Q).flip(2), c(Q)),
    "attention with a mask": lambda c: F.scaled_dot_product_attention(c(Q), c(Q).flip(2), c(Q), attn_mask=c(MASK)),
    "attention with a boolean mask": lambda c: F.scaled_dot_product_attention(c(Q), c(Q), c(Q), attn_mask=MASK == 0),
    "causal attention": lambda c: F.scaled_dot_product_attention(c(Q), c(Q).flip(2), c(Q), is_causal=True),
    "sum": lambda c: c(X).sum(),
    "sum over axes": lambda c: c(X).sum((0, -1), keepdim=True),
    "mean": lambda c: c(X).mean(-1),
    "variance": lambda c: c(X).var(-1),  # accumulated in double precision on the CPU
    "norm": lambda c: torch.linalg.vector_norm(c(X), dim=1),
}  # fmt: skip


def permuted(function: Contraction, dtype: torch.dtype) -> Tensor:
    with torch.no_grad(), PermutedReductions(1):
        return function(lambda tensor: tensor.to(dtype))


@pytest.mark.parametrize("name", CONTRACTIONS)
def test_permuting_a_reduction_changes_its_rounding_and_nothing_else(name: str) -> None:
    function = CONTRACTIONS[name]
    exact = function(lambda tensor: tensor)
    scale = exact.abs().max()
    assert (permuted(function, torch.float64) - exact).abs().max() <= 1e-12 * scale
    plain = function(lambda tensor: tensor.float())
    other = permuted(function, torch.float32)
    assert other.shape == plain.shape and other.dtype == plain.dtype
    assert name == "variance" or not torch.equal(other, plain), "float32 must round differently, or nothing is measured"
    assert (other - plain).abs().max() <= 1e-4 * scale
    assert torch.equal(other, permuted(function, torch.float32)), "the seed decides"


@pytest.mark.parametrize("layer", [nn.LSTM(12, 8, batch_first=True), nn.GRU(12, 8), nn.MultiheadAttention(12, 2)])
def test_recurrent_and_attention_modules_compute_the_same_function(layer: nn.Module) -> None:
    layer = layer.double().eval()
    inputs = [drawn(5, 4, 12)] * (3 if isinstance(layer, nn.MultiheadAttention) else 1)
    with torch.no_grad():
        plain = layer(*inputs)[0]
        with PermutedReductions(7):
            other = layer(*inputs)[0]
        layer.float()
        single = layer(*[tensor.float() for tensor in inputs])[0]
        with PermutedReductions(7):
            assert not torch.equal(layer(*[tensor.float() for tensor in inputs])[0], single)
    assert (other - plain).abs().max() < 1e-12


def test_what_has_no_reduction_or_no_rule_passes_through_bit_for_bit() -> None:
    def run(c: Callable[[Tensor], Tensor]) -> Tensor:
        grouped = F.conv1d(c(X), c(drawn(17, 1, 3)), groups=17)
        pooled = F.avg_pool1d(F.gelu(grouped), 2)
        return torch.cat([pooled.flatten(), c(X).flatten().cumsum(0)]) + torch.arange(7).sum()

    assert torch.equal(permuted(run, torch.float32), run(lambda tensor: tensor.float()))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_jitter_moves_every_element_to_a_neighbour(dtype: torch.dtype) -> None:
    values = torch.tensor([1.0, -1.0, 0.0, -0.0, 3.5, -1e-3, 6e4, math.inf, -math.inf, math.nan], dtype=dtype)
    up = move_one_ulp(values, torch.ones(10, dtype=torch.bool))
    down = move_one_ulp(values, torch.zeros(10, dtype=torch.bool))
    assert torch.equal(up[7:9], values[7:9]) and up[9].isnan() and torch.equal(down[7:9], values[7:9])
    finite = values[:7]
    assert (up[:7] > finite).all() and (down[:7] < finite).all()
    assert torch.equal(move_one_ulp(up[:7], torch.zeros(7, dtype=torch.bool)), finite), "there is nothing in between"
    assert up[0] == 1 + torch.finfo(dtype).eps


def test_jitter_is_drawn_from_the_seed_and_reaches_embeddings() -> None:
    table, ids = nn.Embedding(50, 16), torch.arange(40)
    with torch.no_grad():
        plain = table(ids)

        def run(seed: int) -> Tensor:
            with Jitter(seed):
                return table(ids)  # type: ignore[no-any-return]

        assert (run(1) != plain).all()
        assert 0.3 < (run(1) > plain).float().mean() < 0.7
        assert torch.equal(run(1), run(1)) and not torch.equal(run(1), run(2))
        assert torch.equal(Jitter(1)(ids), ids), "token ids stay"
