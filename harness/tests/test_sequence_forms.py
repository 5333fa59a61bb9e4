"""Reversal and masking by length, and nn.LSTM within lengths, against torch's packed sequences and by hand."""

from __future__ import annotations

import pytest
import torch
from parity_harness.tf_forms import lstm_within_lengths, mask_sequence, reverse_sequence
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LENGTHS = torch.tensor([4, 2, 1], dtype=torch.int32)


def test_each_sequence_is_reversed_within_its_length_on_either_axis() -> None:
    x = torch.arange(12.0).reshape(3, 4)
    expected = torch.tensor([[3.0, 2, 1, 0], [5, 4, 6, 7], [8, 9, 10, 11]])
    assert torch.equal(reverse_sequence(x, LENGTHS), expected)
    assert torch.equal(reverse_sequence(x.T, LENGTHS, 0, 1), expected.T)
    wide = x[..., None].expand(3, 4, 2)
    assert torch.equal(reverse_sequence(wide, LENGTHS), expected[..., None].expand(3, 4, 2))


def test_steps_behind_the_end_are_zero() -> None:
    x = torch.ones(3, 4, 2)
    assert mask_sequence(x, LENGTHS).sum((1, 2)).tolist() == [8, 4, 2]
    assert torch.equal(mask_sequence(x.transpose(0, 1), LENGTHS, 0, 1), mask_sequence(x, LENGTHS).transpose(0, 1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_an_lstm_within_lengths_is_torchs_lstm_over_packed_sequences(
    layers: int, batch_first: bool, bias: bool
) -> None:
    torch.manual_seed(0)
    rnn = nn.LSTM(3, 5, layers, bias=bias, batch_first=batch_first, bidirectional=True)
    x = torch.randn(3, 4, 3) if batch_first else torch.randn(4, 3, 3)
    zeros = torch.zeros(2 * layers, 3, 5)
    packed = pack_padded_sequence(x, LENGTHS.long(), batch_first=batch_first, enforce_sorted=False)
    expected, _ = pad_packed_sequence(rnn(packed)[0], batch_first=batch_first, total_length=4)
    weights = rnn._flat_weights
    found, h, c = lstm_within_lengths(x, (zeros, zeros), weights, bias, layers, True, batch_first, LENGTHS, True)
    torch.testing.assert_close(found, expected)
    assert h.shape == c.shape == (2 * layers, 3, 5)
