from __future__ import annotations

import sys

import pytest
from parity_harness.leaving import _does_more

FORWARDS = {
    "y = inner(x)\n    z = y * 2\n    return other(z) + x": False,
    "for _ in range(3):\n        x = inner(x)\n    return {'y': [x]}": False,
    "state['depth'] = 1\n    y = inner(x)\n    return y": False,
    "y = inner(x)\n    state['depth'] = 0\n    return y": True,
    "y = inner(x)\n    other.seen = y\n    return y": True,
    "y = inner(x)\n    other(y)\n    return y": True,
    "with lock:\n        y = inner(x)\n    return y": True,
    "try:\n        y = inner(x)\n    finally:\n        state.clear()\n    return y": True,
}


@pytest.mark.parametrize("body", FORWARDS)
def test_a_pass_is_only_left_early_where_nothing_that_outlives_it_is_left_undone(body: str) -> None:
    found = []

    def inner(x: int) -> int:
        frame = sys._getframe(1)
        found.append(_does_more(frame.f_code, frame.f_lasti))
        return x

    class Lock:
        def __enter__(self) -> None: ...
        def __exit__(self, *given: object) -> None: ...

    names: dict[str, object] = {"inner": inner, "other": lambda x: x, "state": {}, "lock": Lock()}
    exec(f"def forward(x):\n    {body}", names)
    forward = names["forward"]
    assert callable(forward)
    forward(1)
    assert set(found) == {FORWARDS[body]}
