"""Which name each variable has in the checkpoint."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from typing import Any

from .keras_model import is_keras_layer
from .runtime import tensorflow


def name_variables(variables: list[Any], owner: Any = None) -> dict[int, str]:
    """
    A key for each variable, by id: the layers of `owner`, a Keras model, down to it (`encoder/dense/kernel`); else the
    path that Keras gave it; else the variable's name where names tell all of them apart; else the attributes by which
    `owner`, a tf.Module, reaches it (`layers/0/w`).
    """
    found = [getattr(one, "variable", one) for one in variables]
    paths = _keras_paths()
    if owner is not None and is_keras_layer(owner):
        paths |= layer_paths(owner)
    others = [one for one in found if id(one) not in paths]
    names = {id(one): one.name.partition(":")[0] for one in others}
    counts = Counter(names.values())
    if isinstance(owner, tensorflow().Module) and any(
        count > 1 or name.startswith("Variable") for name, count in counts.items()
    ):
        attributes = _attribute_paths(owner)
        names = {key: attributes.get(key, name) for key, name in names.items()}
    keys: dict[int, str] = {}
    taken: set[str] = set()
    for one in found:
        base = paths.get(id(one)) or names[id(one)] or "variable"
        key, count = base, 0
        while key in taken:
            count += 1
            key = f"{base}_{count}"
        taken.add(key)
        keys[id(one)] = key
    return keys


def _keras_paths() -> dict[int, str]:
    """The paths of all variables of Keras 3: a tf.Variable of its own does not know which layer it belongs to."""
    if "keras" not in sys.modules:
        return {}
    kind = sys.modules["keras"].Variable
    return {
        id(one._value): str(one.path)
        for one in gc.get_objects()
        if issubclass(type(one), kind) and getattr(one, "_value", None) is not None
    }


def layer_paths(model: Any) -> dict[int, str]:
    """
    By id of the tf.Variable, the names of the layers from the model down and its own. Keras' own paths say where a
    layer was built: a model that was loaded from a file has shorter ones than the same model in code.
    """
    found: dict[int, str] = {}

    def visit(layer: Any, path: str, above: frozenset[int]) -> None:
        for held in (
            "_trainable_variables",
            "_non_trainable_variables",
            "_trainable_weights",
            "_non_trainable_weights",
        ):
            for variable in getattr(layer, held, []):
                name = str(variable.name).partition(":")[0].rpartition("/")[2]
                found.setdefault(id(getattr(variable, "_value", variable)), f"{path}{name}")
        for child in layer._flatten_layers(include_self=False, recursive=False):
            if id(child) not in above:
                visit(child, f"{path}{child.name}/", above | {id(child)})

    visit(model, "", frozenset({id(model)}))
    return found


def _attribute_paths(owner: Any) -> dict[int, str]:
    tf = tensorflow()
    found: dict[int, str] = {}
    for path, variable in owner._flatten(predicate=lambda value: isinstance(value, tf.Variable), with_path=True):
        found.setdefault(id(variable), "/".join(str(part) for part in path))
    return found
