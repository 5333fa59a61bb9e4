"""The fixture `parity`, in a pytest of a user's own that knows nothing of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "gpt2"

SUITE = f"""
import pytest

PORT = "{EXAMPLE}/port.py:build"
WRONG = "{EXAMPLE}/faulty/untransposed_c_proj.py:build"

def test_right(parity):
    result = parity.assert_matches_golden(PORT, "golden/tiny")
    assert result.verdict == "parity" and result.findings == [] and result.first_divergence is None

def test_wrong(parity):
    parity.assert_matches_golden(WRONG, "golden/tiny", precision="float32")

def test_absent(parity):
    with pytest.raises(Exception, match="There is no model .*nowhere"):
        parity.check(candidate=PORT, golden="golden/nowhere")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    command = ["node", str(ROOT / "dist/cli/main.js"), "record", "--reference", str(EXAMPLE / "models/tiny")]
    kept = ["--text", "Once.", "--inner", "none", "--double", "none", "--out", "golden/tiny"]
    subprocess.run([*command, *kept], cwd=folder, check=True, capture_output=True)
    (folder / "test_port.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def test_green_and_red(project: Path) -> None:
    plugin = ["-p", "parity_harness.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness"), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-rA", "--no-header"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PASSED test_port.py::test_right" in run.stdout, run.stdout
    assert "PASSED test_port.py::test_absent" in run.stdout, run.stdout
    assert "FAILED test_port.py::test_wrong" in run.stdout, run.stdout
    # The failure is the report: what is wrong, where, and the proof.
    assert "confirmed transposed-weight at h.2.attn.c_proj.weight" in run.stdout
    assert "the layer's error goes" in run.stdout
    assert 'fix: state["h.2.attn.c_proj.weight"]' in run.stdout
    # And nothing of how the plugin runs the command.
    assert "subprocess.run" not in run.stdout


def test_the_command_is_what_the_environment_says(project: Path) -> None:
    suite = project / "test_command.py"
    suite.write_text(
        "import pytest\n"
        "def test_it(parity):\n"
        "    with pytest.raises(Exception, match='gave no result'):\n"
        "        parity.check('port.py:build', 'golden/tiny')\n"
    )
    plugin = ["-p", "parity_harness.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness"), "PARITY_CLI": "echo hello"}
    command = [sys.executable, "-m", "pytest", *plugin, str(suite)]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
