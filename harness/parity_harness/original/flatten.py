"""A function's graph with all the functions that it calls written out, loops and branches included."""

from __future__ import annotations

import importlib
import re
from typing import Any

from ..errors import HarnessError, summarize

CALLS = ("PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf", "Case")


def flatten_function(function: Any) -> Any:
    """The GraphDef of a ConcreteFunction without calls. Loops and branches are those of TensorFlow 1 in it."""
    definition = function.graph.as_graph_def()
    if not definition.library.function:
        return definition
    try:
        inline = importlib.import_module(
            "tensorflow.python.framework.convert_to_constants"
        )._run_inline_graph_optimization
    except (ImportError, AttributeError) as error:
        raise HarnessError(
            "RUNTIME_MISSING",
            f"This TensorFlow cannot write out the functions of a graph: {summarize(error)}",
            hint="TensorFlow 2.21 can.",
        ) from None
    flat = inline(function, True, False)
    left = sorted({node.op for node in flat.node if node.op in CALLS})
    known = {one.signature.name for one in flat.library.function}
    left += sorted({node.op for node in flat.node if node.op in known})
    if left:
        # Functions that are not to be written out (XLA's, those marked so) say it by attributes.
        names = [node.name for node in flat.node if node.op in left]
        raise HarnessError(
            "FORMAT_UNSUPPORTED",
            f"The original calls a function that cannot be written out into its graph: {names[0]} ({left[0]}).",
            where={"key": names[0]},
            hint="Was it made with jit_compile=True or experimental attributes? Leave them out for the comparison.",
        )
    return _rename(flat)


BODY = re.compile(r"^(?P<loop>.+)/(?:body|cond)/_\d+/(?:(?P=loop)/)?(?P<rest>.+)$")
"""`w/body/_3/w/lstm_cell/MatMul`, the op of a loop's body, is `w/lstm_cell/MatMul` in the code that made it."""
CALL = re.compile(r"(?:Stateful)?PartitionedCall(?:_\d+)?/")
BORDER = re.compile(
    r"^Func/(?P<place>.+)/(?P<end>input|output|input_control_node|output_control_node)/_(?P<number>\d+)$"
)


def _rename(definition: Any) -> Any:
    """Gives what was written out the names of the code that made it: scopes are layers."""
    taken = {node.name for node in definition.node}
    names: dict[str, str] = {}
    for node in definition.node:
        wanted = _plain(node.name)
        if wanted == node.name:
            continue
        base, count = wanted, 0
        while wanted in taken:
            count += 1
            wanted = f"{base}_{count}"
        taken.add(wanted)
        names[node.name] = wanted
    for node in definition.node:
        node.name = names.get(node.name, node.name)
        # Where an op runs says nothing about what it computes, and names ops by their old names.
        node.attr.pop("_class", None)
        for at, source in enumerate(node.input):
            control = "^" if source.startswith("^") else ""
            name, colon, slot = source.removeprefix("^").partition(":")
            if name in names:
                node.input[at] = f"{control}{names[name]}{colon}{slot}"
    return definition


def _plain(name: str) -> str:
    border = BORDER.match(name)
    if border is not None:
        return _plain(f"{border['place']}/{border['end']}_{border['number']}")
    inside = BODY.match(name)
    while inside is not None:
        name = f"{inside['loop']}/{inside['rest']}"
        inside = BODY.match(name)
    return CALL.sub("", name)
