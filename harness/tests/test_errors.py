"""What a candidate raised is told with what helps to mend it."""

from __future__ import annotations

import torch
from conftest import Runner


def test_an_id_beyond_a_table_is_told_with_the_length_of_the_table(runner: Runner) -> None:
    runner.open("import torch\nfrom torch import nn\ndef build():\n    return nn.Embedding(5, 2)\n")
    error = runner.fail(
        "record",
        out=str(runner.folder / "free"),
        cases=runner.cases(input=torch.tensor([[1, 7]])),
        taps="all",
        precision="float32",
    )
    assert error["code"] == "CANDIDATE_RAISED" and "index out of range" in error["message"]
    assert "The table has 5 rows, and the ids go from 1 to 7" in error["hint"]
