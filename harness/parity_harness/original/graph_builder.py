"""Originals that build a graph of TensorFlow 1."""

from __future__ import annotations

import glob
import os
from typing import Any

from ..errors import HarnessError, summarize
from ..places import shown_path
from .export import Exported
from .function import describe_tensor, name_outputs, names_in
from .graph_def import nodes_needed, refuse_foreign_ops, tensor_of
from .runtime import tensorflow
from .weights import is_checkpoint
from .write import save_values, write_graph


def export_graph(
    build: Any, graph: Any, returned: Any, weights: str | None, prefix: str, seed: int, source: str
) -> Exported:
    """Runs `build` in a new graph, unless it has made one already, and writes that with its variables."""
    v1 = tensorflow().compat.v1
    if graph is None:
        graph = v1.Graph()
        with graph.as_default():
            v1.set_random_seed(seed)
            returned = build()
    outputs = _named_outputs(returned, source)
    definition = graph.as_graph_def()
    nodes = {node.name: node for node in definition.node}
    needed = nodes_needed(nodes, [tensor_of(name)[0] for name in outputs.values()])
    refuse_foreign_ops(nodes[name] for name in needed)
    with graph.as_default():
        variables = v1.global_variables()
        savers = v1.get_collection(v1.GraphKeys.SAVERS)
        # A saver of the user's own knows under which names the variables were saved.
        saver = savers[0] if savers else v1.train.Saver(variables) if variables else None
        placeholders = [
            graph.get_tensor_by_name(f"{name}:0")
            for name, node in nodes.items()
            if name in needed and node.op in ("Placeholder", "PlaceholderWithDefault", "PlaceholderV2")
        ]
        _save(graph, saver, weights, prefix)
        write_graph(graph, prefix, [tensor.name for tensor in placeholders], outputs, saver)
    return Exported(inputs=[describe_tensor(tensor) for tensor in placeholders], outputs=outputs)


def _named_outputs(returned: Any, source: str) -> dict[str, str]:
    tf = tensorflow()
    leaves = tf.nest.flatten(returned)
    wrong = [one for one in leaves if not tf.is_tensor(one) or not tf.is_symbolic_tensor(one)]
    if not leaves or wrong:
        what = f"it returned {wrong[0]!r}" if wrong else "it returned none"
        raise HarnessError(
            "REFERENCE_FAILED",
            f"`{source}` builds a graph of TensorFlow 1 and must return its output tensors; {what}.",
            hint="Return the tensor, a tuple of tensors, or an object of name and tensor: return {'logits': logits}",
        )
    return name_outputs([one.name for one in leaves], names_in(returned))


def _save(graph: Any, saver: Any, weights: str | None, prefix: str) -> None:
    v1 = tensorflow().compat.v1
    if weights is not None:
        _link_checkpoint(weights, prefix)
        return
    if saver is None:
        save_values({}, prefix)
        return
    with v1.Session(graph=graph) as session:
        try:
            session.run(v1.global_variables_initializer())
        except Exception as error:
            raise HarnessError(
                "REFERENCE_FAILED",
                f"The original's variables cannot be initialised: {summarize(error).splitlines()[0][:300]}",
                hint="Give its checkpoint: --reference-weights model.ckpt",
                detail=str(error),
            ) from None
        saver.save(session, prefix, write_meta_graph=False, write_state=False)


def _link_checkpoint(weights: str, prefix: str) -> None:
    """The user's own checkpoint under the new name: it may be large, and is not copied."""
    tf = tensorflow()
    weights = weights.removesuffix(".index")
    if not is_checkpoint(weights):
        raise HarnessError(
            "FILE_NOT_FOUND",
            f"There is no TensorFlow checkpoint {weights}: a graph of TensorFlow 1 is restored from one.",
            where={"file": weights},
            hint=f"Looked for {weights}.index and its .data-* files.",
        )
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in dict(tf.train.list_variables(weights)):
        raise HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{shown_path(weights)} was saved by tf.train.Checkpoint; a graph of TensorFlow 1 is restored by names.",
            where={"file": shown_path(weights)},
            hint="Restore it in the function itself, or give the checkpoint that the Saver wrote.",
        )
    for path in glob.glob(f"{glob.escape(os.path.abspath(weights))}.*"):
        ending = path[len(os.path.abspath(weights)) :]
        if ending == ".index" or ending.startswith(".data-"):
            os.symlink(path, f"{prefix}{ending}")
