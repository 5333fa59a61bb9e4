"""Code as the original: every form that is taken computes what it did, every other says what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import original_code
import pytest
from original_models import X, run_exported
from parity_harness.original.export import export
from test_original_keras import exported, nodes_of, refused

import tensorflow as tf

CODE = str(Path(original_code.__file__).resolve())
v1 = tf.compat.v1


def source(name: str) -> str:
    return f"{CODE}:{name}"


@pytest.mark.parametrize("name", ["function", "concrete", "module"])
def test_functions_and_modules_compute_what_they_did(name: str, tmp_path: Path) -> None:
    told = exported(tmp_path, source(name))
    made = getattr(original_code, name)()
    wanted = made(tf.constant(X))
    leaves = list(wanted.values()) if isinstance(wanted, dict) else [wanted]
    given = run_exported(told["prefix"], {"x": X})
    assert all(numpy.allclose(one, leaf, atol=1e-6) for one, leaf in zip(given, leaves, strict=True))
    assert told["inputs"] == [{"name": "x", "dtype": "float32", "shape": [-1, 4]}]


def test_a_modules_ops_and_variables_are_named_by_its_attributes(tmp_path: Path) -> None:
    told = exported(tmp_path, source("module"))
    assert dict(tf.train.list_variables(told["prefix"])) == {"layers/0/w": [4, 3], "layers/1/w": [4, 2]}
    nodes = nodes_of(told["prefix"])
    assert [name for name, op in nodes.items() if op == "MatMul"] == ["layers/0/MatMul", "layers/1/MatMul"]
    assert [one["name"] for one in told["outputs"]] == ["first", "second"]
    # What was opened to trace it is closed again.
    assert "run" not in original_code.Dense.__call__.__qualname__


def test_a_captured_constant_is_kept_as_a_variable_when_it_is_large(tmp_path: Path) -> None:
    told = exported(tmp_path, source("function"))
    shapes = dict(tf.train.list_variables(told["prefix"]))
    assert shapes.pop("proj/w") == [4, 3] and list(shapes.values()) == [[1, 400_000]]


def test_a_keras_model_is_known_by_the_calls_that_built_it(tmp_path: Path) -> None:
    told = exported(tmp_path, source("called"))
    # The batch is free, and so is the length, which the calls had in two sizes.
    assert told["inputs"] == [{"name": "inputs", "dtype": "int32", "shape": [-1, -1]}]
    assert {name for name, _ in tf.train.list_variables(told["prefix"])} == {
        "embed/embeddings",
        "head/kernel",
        "head/bias",
    }
    assert "ids_model/embed/GatherV2" in nodes_of(told["prefix"])


def test_arguments_reach_the_function(tmp_path: Path) -> None:
    told = exported(tmp_path, source("keras_model"), kwargs={"units": 5})
    assert run_exported(told["prefix"], {"x": X})[0].shape == (2, 5)
    error = refused(tmp_path / "..", source("keras_model"), kwargs={"width": 5}, out=str(tmp_path / "other"))
    assert error["code"] == "USAGE" and "width" in error["message"]


def test_a_graph_of_tensorflow_1_is_initialised_under_the_seed(tmp_path: Path) -> None:
    told = [
        export({"source": source("builder"), "out": str(tmp_path / name), "seed": seed})
        for name, seed in (("one", 3), ("again", 3), ("other", 4))
    ]
    one, again, other = (run_exported(each["prefix"], {"x": X}) for each in told)
    assert numpy.array_equal(one[0], again[0]) and not numpy.allclose(one[0], other[0])
    assert [each["name"] for each in told[0]["outputs"]] == ["logits", "other"]
    assert run_exported(exported(tmp_path, source("own_graph"))["prefix"], {"x": X})[0].shape == (2, 3)


def test_a_graph_of_tensorflow_1_is_restored_from_its_checkpoint(tmp_path: Path) -> None:
    with v1.Graph().as_default(), v1.Session() as session:
        original_code.builder()
        session.run(v1.global_variables_initializer())
        w = session.run("model/head/w/Read/ReadVariableOp:0")
        v1.train.Saver().save(session, str(tmp_path / "trained"), write_meta_graph=False)
    told = exported(tmp_path, source("builder"), weights=str(tmp_path / "trained"))
    assert numpy.allclose(run_exported(told["prefix"], {"x": X})[0], X @ w, atol=1e-6)
    tf.train.Checkpoint(w=tf.Variable(1.0)).write(str(tmp_path / "objects"))
    for weights, code in (("none", "FILE_NOT_FOUND"), ("objects", "FORMAT_UNSUPPORTED")):
        other = {"source": source("builder"), "weights": str(tmp_path / weights), "out": str(tmp_path / "x")}
        with pytest.raises(Exception) as caught:
            export(other)
        assert getattr(caught.value, "code", "") == code


REFUSED: list[tuple[str, str, str, str]] = [
    ("uncalled", "REFERENCE_FAILED", "was never called", "Call it once"),
    ("orphaned", "REFERENCE_FAILED", "variables that are gone", "Return the tf.function"),
    ("bare", "REFERENCE_FAILED", "without a signature", "input_signature=[tf.TensorSpec("),
    ("unsigned", "REFERENCE_FAILED", "without a signature", "input_signature=[tf.TensorSpec("),
    ("number", "REFERENCE_FAILED", "returned a value of type builtins.int", "Return a Keras model"),
    ("nothing", "REFERENCE_FAILED", "must return its output tensors", "return {'logits': logits}"),
    ("calls_python", "FORMAT_UNSUPPORTED", "tf.numpy_function", "TensorFlow's own ops"),
    ("looks_up", "FORMAT_UNSUPPORTED", "lookup table", "takes numbers"),
    ("needs_values", "REFERENCE_FAILED", "traced to a graph", "cannot be traced"),
    ("raises", "REFERENCE_FAILED", "RuntimeError: no such luck", ""),
    ("missing", "USAGE", "has no `missing`", "model.py:build"),
]


@pytest.mark.parametrize(("name", "code", "message", "hint"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_cannot_be_exported_is_refused(name: str, code: str, message: str, hint: str, tmp_path: Path) -> None:
    error: dict[str, Any] = refused(tmp_path, source(name))
    assert error["code"] == code and message in error["message"], error
    assert hint in error.get("hint", ""), error
    assert name != "raises" or (error["where"]["line"] > 100 and "no such luck" in error["detail"])


def test_a_pytorch_module_is_told_to_be_on_the_wrong_side(tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text("import torch\ndef build():\n    return torch.nn.Linear(2, 2)\n")
    error = refused(tmp_path, f"{tmp_path / 'port.py'}:build")
    assert error["code"] == "USAGE" and "swapped" in error["hint"]
