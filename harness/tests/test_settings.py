"""Where a candidate runs, in which type, compiled, and out of a folder of transformers'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from conftest import Runner
from safetensors.torch import load_file, save_file

MLP = """
import torch
from torch import nn
def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).eval()
"""
X = torch.randn(2, 4, generator=torch.Generator().manual_seed(1))


def test_a_device_that_is_not_there_is_told_before_the_model_is_built(runner: Runner) -> None:
    runner.write("never.py", "def build():\n    raise AssertionError('built')\n")
    name = "mps" if torch.cuda.is_available() else "cuda"
    error = runner.fail("open", entry="never.py:build", device=name)
    assert error["code"] == "RUNTIME_MISSING"
    assert error["message"].startswith(f"The device `{name}` cannot be used: ")


def test_a_cast_candidate_computes_in_its_type_and_keeps_the_weights_that_it_was_built_with(runner: Runner) -> None:
    plain = runner.open(MLP)
    assert "dtype" not in plain
    cases = runner.cases(input=X)
    exact = runner.record(cases, out="exact", precision="float64").values()
    runner.ask("weights", out=str(runner.folder / "plain.safetensors"), stored={})
    described = runner.open(MLP, dtype="bfloat16")
    assert described["dtype"] == "bfloat16"
    narrow = runner.record(cases, out="narrow").values()
    assert {tensor.dtype for tensor in narrow.values()} == {torch.bfloat16}
    assert 1e-4 < (narrow["(output)"].double() - exact["(output)"]).abs().max() < 3e-2
    # What float64 is held against is the model with the weights that it was built with, not with the cast ones.
    assert torch.equal(runner.record(cases, out="wide", precision="float64").values()["(output)"], exact["(output)"])
    runner.ask("weights", out=str(runner.folder / "cast.safetensors"), stored={})
    kept, own = load_file(runner.folder / "cast.safetensors"), load_file(runner.folder / "plain.safetensors")
    assert all(torch.equal(kept[name], tensor) for name, tensor in own.items())


def test_a_compiled_candidate_gives_its_outputs_beside_those_of_the_module(runner: Runner) -> None:
    runner.open(MLP, compile=True)
    recorded = runner.record(runner.cases(input=X), shipped=True)
    assert set(recorded.values()) == {"0", "1", "2", "(output)"}
    assert recorded.answer["shipped"]["taps"] == ["(output)"]
    compiled = load_file(Path(recorded.answer["shipped"]["directory"]) / "c0.safetensors")
    torch.testing.assert_close(compiled["(output)"], recorded.values()["(output)"])


def write_bert(folder: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertForMaskedLM(BertConfig(vocab_size=11, max_position_embeddings=6, **sizes)).save_pretrained(folder)


def test_a_folder_of_transformers_gives_the_class_that_it_names_or_another_one(runner: Runner, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    write_bert(tmp_path)
    described = runner.ask("open", entry=str(tmp_path), form="hf")
    assert described["modules"][0]["class"] == "BertForMaskedLM"
    assert described["warnings"] == []
    assert [one["name"] for one in described["inputs"]][:3] == ["input_ids", "attention_mask", "token_type_ids"]
    assert not any(one["training"] for one in described["modules"])
    recorded = runner.record(runner.cases(input_ids=torch.tensor([[1, 2, 3]])))
    assert "(output)" in recorded.taps
    assert {tap["dtype"] for tap in recorded.taps.values()} == {"float32"}
    described = runner.ask("open", entry=str(tmp_path), form="hf", **{"class": "BertModel"})
    assert described["modules"][0]["class"] == "BertModel"
    assert any("holds no values for pooler.dense.bias, pooler.dense.weight" in text for text in described["warnings"])


def test_code_in_a_folder_of_transformers_is_not_run(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "modeling.Evil"}}))
    error = runner.fail("open", entry=str(tmp_path), form="hf")
    assert error["code"] == "FORMAT_UNSUPPORTED"
    assert "runs no code from a model folder" in error["message"]
    error = runner.fail("open", entry=str(tmp_path / "nothing"), form="hf")
    assert error["code"] == "FILE_NOT_FOUND"


def test_weights_come_out_of_several_files_by_their_index(runner: Runner) -> None:
    runner.open(MLP)
    runner.ask("weights", out=str(runner.folder / "whole.safetensors"), stored={})
    whole = {name: tensor + 1 for name, tensor in load_file(runner.folder / "whole.safetensors").items()}
    shards = {name: f"model-{at % 2 + 1}.safetensors" for at, name in enumerate(whole)}
    for shard in set(shards.values()):
        save_file({name: whole[name] for name in whole if shards[name] == shard}, runner.folder / shard)
    index = runner.folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))
    runner.open(MLP, weights=str(index))
    runner.ask("weights", out=str(runner.folder / "loaded.safetensors"), stored={})
    assert all(torch.equal(load_file(runner.folder / "loaded.safetensors")[name], whole[name]) for name in whole)
    (runner.folder / "model-2.safetensors").unlink()
    error = runner.fail("open", entry="model.py:build", weights=str(index))
    assert error["code"] == "FILE_NOT_FOUND"
    assert "model-2.safetensors" in error["message"]
