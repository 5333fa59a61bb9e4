"""Keras models: what is exported computes what Keras computes, under the names of its layers."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from original_models import MODELS, X, run_exported, shake, stacked
from parity_harness.errors import HarnessError
from parity_harness.original.export import export

import tensorflow as tf


def exported(folder: Path, source: str, **request: Any) -> dict[str, Any]:
    return export({"source": source, "out": str(folder / "out"), **request})


def refused(folder: Path, source: str, **request: Any) -> dict[str, Any]:
    with pytest.raises(HarnessError) as caught:
        exported(folder, source, **request)
    # A refused original leaves nothing behind.
    assert not (folder / "out").exists() and not list(folder.glob(".export-*"))
    return caught.value.body()


def nodes_of(prefix: str) -> dict[str, str]:
    meta = tf.compat.v1.MetaGraphDef.FromString(Path(f"{prefix}.meta").read_bytes())
    return {node.name: node.op for node in meta.graph_def.node}


# Keras 3 itself cannot read back a mask that it wrote as .h5.
@pytest.mark.parametrize(
    ("name", "ending"), [*((name, "keras") for name in MODELS), ("pictures", "h5"), ("stacked", "h5")]
)
def test_the_exported_graph_computes_what_the_model_does(name: str, ending: str, tmp_path: Path) -> None:
    make, feeds = MODELS[name]
    model = shake(make())
    model.save(tmp_path / f"model.{ending}")
    told = exported(tmp_path, str(tmp_path / f"model.{ending}"))
    wanted = model(feeds if len(feeds) > 1 else next(iter(feeds.values())), training=False)
    leaves = wanted.values() if isinstance(wanted, dict) else [wanted]
    given = run_exported(told["prefix"], feeds)
    assert len(given) == len(list(leaves))
    for leaf in leaves:
        assert any(one.shape == leaf.shape and numpy.allclose(one, leaf, rtol=1e-5, atol=1e-6) for one in given)
    assert {one["name"] for one in told["inputs"]} == set(feeds)


def test_scopes_are_layers_and_variables_have_their_paths(tmp_path: Path) -> None:
    make, _ = MODELS["sequences"]
    model = make()
    model.save(tmp_path / "model.keras")
    told = exported(tmp_path, str(tmp_path / "model.keras"))
    nodes = nodes_of(told["prefix"])
    assert nodes["net/embed/GatherV2"] == "GatherV2"
    # The ops of a loop's body have the names of the cell that made them.
    assert nodes["net/both/forward_lstm/while/lstm_cell/MatMul"] == "MatMul"
    assert not [name for name in nodes if "PartitionedCall" in name or name.startswith("Func/")]
    assert not [op for op in nodes.values() if op in ("While", "StatelessWhile", "If", "PartitionedCall")]
    stored = {name for name, _ in tf.train.list_variables(told["prefix"])}
    assert {"embed/embeddings", "both/forward_lstm/lstm_cell/kernel", "gru/gru_cell/bias"} <= stored
    assert stored <= {variable.path for variable in model.variables}, "in code and from the file they are the same"
    layers = {layer["path"]: layer for layer in told["layers"]}
    assert layers["net/norm"]["class"] == "LayerNormalization" and layers["net/norm"]["config"]["epsilon"] == 1e-3


def test_outputs_have_the_models_names_and_unknown_sizes_are_told(tmp_path: Path) -> None:
    make, _ = MODELS["several"]
    make().save(tmp_path / "model.keras")
    told = exported(tmp_path, str(tmp_path / "model.keras"))
    assert {one["name"] for one in told["outputs"]} == {"sum", "joined"}
    assert told["inputs"][0] == {"name": "left", "dtype": "float32", "shape": [-1, 4]}


def test_weights_of_their_own_file_are_loaded(tmp_path: Path) -> None:
    fresh, trained = stacked(), shake(stacked())
    fresh.save(tmp_path / "model.keras")
    trained.save_weights(tmp_path / "trained.weights.h5")
    tf.train.Checkpoint(model=trained).write(str(tmp_path / "objects"))
    names = {variable.path: variable.value for variable in trained.variables}
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "names"),
        tensor_names=list(names),
        shape_and_slices=[""] * len(names),
        tensors=list(names.values()),
    )
    for at, weights in enumerate(["trained.weights.h5", "objects", "names", "names.index"]):
        told = export(
            {
                "source": str(tmp_path / "model.keras"),
                "weights": str(tmp_path / weights),
                "out": str(tmp_path / f"out{at}"),
            }
        )
        assert numpy.allclose(run_exported(told["prefix"], {"x": X})[0], trained(X), atol=1e-6), weights


def test_weights_that_are_of_another_model_are_refused(tmp_path: Path) -> None:
    stacked().save(tmp_path / "model.keras")
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(7)], name="other")
    other.save_weights(tmp_path / "other.weights.h5")
    tf.train.Checkpoint(model=other).write(str(tmp_path / "objects"))
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "names"), tensor_names=["a/b"], shape_and_slices=[""], tensors=[tf.zeros([2])]
    )
    source = str(tmp_path / "model.keras")
    for weights in ("other.weights.h5", "objects", "names"):
        error = refused(tmp_path, source, weights=str(tmp_path / weights))
        assert error["code"] == "REFERENCE_FAILED" and weights in error["message"]
    missing = refused(tmp_path, source, weights=str(tmp_path / "none"))
    assert missing["code"] == "FILE_NOT_FOUND"


def test_a_lambda_layer_is_refused_with_the_way_out(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs)).save(tmp_path / "model.keras")
    error = refused(tmp_path, str(tmp_path / "model.keras"))
    assert error["code"] == "FORMAT_UNSUPPORTED" and "Lambda" in error["message"]
    assert "--reference original.py:build" in error["hint"]


def test_files_that_hold_no_whole_model_are_told_apart(tmp_path: Path) -> None:
    model = stacked()
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "only.weights.h5")
    weights = refused(tmp_path, str(tmp_path / "only.weights.h5"))
    assert "weights without the model" in weights["message"] and "--reference-weights" in weights["hint"]
    whole = (tmp_path / "model.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    assert refused(tmp_path, str(tmp_path / "cut.keras"))["code"] == "FORMAT_INVALID"
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = archive.read("config.json").replace(b'"Dense"', b'"Mystery"').replace(b"keras.layers", b"mine.layers")
        with zipfile.ZipFile(tmp_path / "custom.keras", "w") as other:
            for name in archive.namelist():
                other.writestr(name, config if name == "config.json" else archive.read(name))
    custom = refused(tmp_path, str(tmp_path / "custom.keras"))
    assert custom["code"] == "FORMAT_UNSUPPORTED" and "custom_objects" in custom["hint"]
    assert refused(tmp_path, str(tmp_path / "none.keras"))["code"] == "FILE_NOT_FOUND"


def test_a_file_of_keras_2_names_the_package_that_reads_it(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "model.keras")
    # As tf_keras writes its classes, read where there is no tf_keras.
    with zipfile.ZipFile(tmp_path / "model.keras") as old, zipfile.ZipFile(tmp_path / "legacy.keras", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                data = data.replace(b"keras.src.models.functional", b"tf_keras.src.engine.functional")
            new.writestr(name, data)
    error = refused(tmp_path, str(tmp_path / "legacy.keras"))
    assert error["code"] == "RUNTIME_MISSING" and "tf_keras" in error["message"]
    assert "pip install --no-deps tf_keras" in error["hint"]
