from __future__ import annotations

from typing import Any

import pytest
import torch
from conftest import Runner
from models import MLP


def refused(runner: Runner, entry: str, **params: Any) -> dict[str, Any]:
    return runner.fail("open", **{"entry": entry, "kwargs": {}, **params})


def test_a_missing_file_a_missing_module_and_a_missing_callable_are_told_apart(runner: Runner) -> None:
    error = refused(runner, "no/such.py:build")
    assert error["code"] == "FILE_NOT_FOUND" and "no/such.py does not exist" in error["message"]
    error = refused(runner, "no_such_package.model:build")
    assert error["code"] == "FILE_NOT_FOUND" and "no Python module `no_such_package.model`" in error["message"]
    runner.write("model.py", MLP)
    error = refused(runner, "model.py:biuld")
    assert error["message"] == "model.py has no `biuld`. Callables that it defines: Block, Net, build."
    error = refused(runner, "model.py")
    assert error["code"] == "USAGE" and "model.py:build" in error["hint"]


@pytest.mark.parametrize(
    ("body", "returned", "hint"),
    [
        ("pass", "None", "return model"),
        ("return nn.Linear(1, 1), 3", "a tuple of (Linear, int)", "Return only the model."),
        ("return nn.Linear(1, 1).state_dict()", "collections.OrderedDict", "state dict"),
        ("return nn.Linear", "the class Linear, not an instance", "itself"),
    ],
)
def test_a_callable_that_returns_no_module_is_told_what_it_returned(
    runner: Runner, body: str, returned: str, hint: str
) -> None:
    runner.write("model.py", f"from torch import nn\ndef build():\n    {body}\n")
    error = refused(runner, "model.py:build")
    assert error["code"] == "CANDIDATE_FAILED" and returned in error["message"] and hint in error["hint"]


def test_keyword_arguments_reach_the_callable_and_wrong_ones_are_named(runner: Runner) -> None:
    source = """
    from torch import nn
    def build(width, depth=1): return nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)])
    """
    assert len(runner.open(source, kwargs={"width": 3, "depth": 2})["modules"]) == 3
    error = refused(runner, "model.py:build", kwargs={"with": 3})
    assert error["code"] == "USAGE" and "with=3" in error["message"]
    assert error["hint"] == "Its signature is build(width, depth=1)."
    assert "missing a required argument: 'width'" in refused(runner, "model.py:build")["message"]


def test_classes_instances_dotted_names_packages_and_relative_imports_are_entries(runner: Runner) -> None:
    source = """
    from torch import nn
    class Net(nn.Module):
        @classmethod
        def tiny(cls): return cls()
    ready = Net()
    """
    runner.write("plain.py", source)
    for entry in ("plain.py:Net", "plain.py:ready", "plain.py:Net.tiny", "plain:Net", f"{runner.folder}/plain.py:Net"):
        described = runner.ask("open", entry=entry, kwargs={})
        assert described["modules"][0]["class"] == "Net", entry
    runner.write("package/__init__.py", "")
    runner.write("package/parts.py", "from torch import nn\nclass Part(nn.Linear): pass\n")
    runner.write("package/model.py", "from .parts import Part\ndef build():\n    return Part(2, 2)\n")
    for entry in ("package/model.py:build", "package.model:build"):
        described = runner.ask("open", entry=entry, kwargs={})
        assert described["modules"][0]["source"] == {"file": "package/model.py", "line": 3}, entry


def test_files_beside_the_entry_can_be_imported_and_do_not_shadow_the_standard_library(runner: Runner) -> None:
    runner.write("code/helper.py", "WIDTH = 4\n")
    runner.write(
        "code/random.py", "import helper\nfrom torch import nn\ndef build(): return nn.Linear(helper.WIDTH, 1)\n"
    )
    runner.ask("open", entry="code/random.py:build", kwargs={})
    assert runner.record(runner.cases(input=torch.ones(1, 4))).values()["(output)"].shape == (1, 1)


def test_an_exception_comes_back_with_the_users_own_traceback(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Inner(nn.Module):
            def forward(self, x):
                return torch.matmul(x, torch.ones(7, 7))
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = Inner()
            def forward(self, x):
                return self.inner(x)
        def build(): return Net().eval()
        """
    )
    error = runner.fail("record", out=str(runner.folder / "no"), cases=runner.cases(x=torch.ones(2, 3)), taps="all")
    assert error["code"] == "CANDIDATE_RAISED" and error["where"] == {"file": "model.py", "line": 6}
    assert error["message"].startswith("While running case c0, the candidate's code raised RuntimeError: mat1 and mat2")
    lines = error["detail"].splitlines()
    assert lines[0] == "Traceback (most recent call last):" and "model.py" in lines[1] and "in forward" in lines[1]
    assert "parity_harness" not in error["detail"] and "_call_impl" not in error["detail"]
    assert not (runner.folder / "no" / "c0.safetensors").exists()


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("import torch\nimport not_there_at_all\n", "ModuleNotFoundError: No module named 'not_there_at_all'", 2),
        ("def build(:\n    pass\n", "SyntaxError", 1),
        ("x = 1\n\ndef build():\n    raise ValueError('bad width')\n", "ValueError: bad width", 4),
        ("import sys\nsys.exit(3)\n", "called sys.exit(3)", 2),
        ("def build():\n    raise KeyboardInterrupt\n", "KeyboardInterrupt", 2),
        ("def build():\n    return input('name? ')\n", "EOFError", 2),
    ],
)
def test_failing_imports_and_builders_name_the_line(runner: Runner, source: str, message: str, line: int) -> None:
    runner.write("model.py", source)
    error = refused(runner, "model.py:build")
    assert error["code"] == "CANDIDATE_RAISED" and message in error["message"]
    assert error["where"] == {"file": "model.py", "line": line}
    assert "parity_harness" not in error["detail"] and "importlib" not in error["detail"]


@pytest.mark.parametrize("call", ["sys.exit('enough')", "raise KeyboardInterrupt", "breakpoint()", "raise SystemExit"])
def test_leaving_from_inside_the_model_is_an_error_and_the_candidate_lives_on(runner: Runner, call: str) -> None:
    runner.open(
        f"""
        import sys, torch
        from torch import nn
        class Net(nn.Module):
            def forward(self, x):
                if x.sum() > 0:
                    {call}
                return x
        def build(): return Net().eval()
        """
    )
    error = runner.fail("record", out=str(runner.folder / "no"), cases=runner.cases(x=torch.ones(2)), taps="all")
    assert error["code"] == "CANDIDATE_RAISED" and error["where"]["file"] == "model.py"
    runner.record(runner.cases(x=torch.zeros(2)))
