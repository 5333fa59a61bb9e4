"""`parity check` as a Python function."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Findings that a failure message shows; the others are counted.
_SHOWN_FINDINGS = 6


class ParityError(Exception):
    """The check could not be made: no such golden, a stale one, a port that cannot be built."""

    def __init__(self, code: str, message: str, hint: str | None) -> None:
        super().__init__(message if hint is None else f"{message}\n→ {hint}")
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class CheckResult:
    """What `parity check --json` prints; `raw` is all of it."""

    verdict: str
    findings: list[dict[str, Any]]
    first_divergence: str | None
    raw: dict[str, Any]

    def report(self) -> str:
        """The verdict and what is wrong, as text."""
        summary = self.raw["summary"]
        lines = [f"parity: {self.raw['name']}: {summary['sentence']}"]
        if self.first_divergence is not None:
            lines.append(f"first divergence: {self.first_divergence}")
        for finding in self.findings[:_SHOWN_FINDINGS]:
            lines += ["", *_describe(finding)]
        if len(self.findings) > _SHOWN_FINDINGS:
            lines.append(f"… and {len(self.findings) - _SHOWN_FINDINGS} more findings")
        lines += [f"warning: {text}" for text in summary["warnings"]]
        return "\n".join(lines)


def run_check(options: Mapping[str, Any], cwd: Path) -> CheckResult:
    """Runs one check and reads its result. Raises ParityError for exit code 2 without a result."""
    command = [*_find_cli(cwd), "check", *_arguments({"python": sys.executable, "report": "none", **options}), "--json"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    try:
        raw = json.loads(done.stdout)
    except ValueError:
        tail = done.stderr.strip()[-2000:]
        raise ParityError("RUNNER_DIED", f"{shlex.join(command)} gave no result.\n{tail}", None) from None
    if "error" in raw:
        error = raw["error"]
        raise ParityError(error["code"], error["message"], error.get("hint"))
    return CheckResult(raw["verdict"], raw["findings"], raw["firstDivergence"], raw)


def _arguments(options: Mapping[str, Any]) -> list[str]:
    """`text=["a", "b"]` as `--text a --text b`, `verify_checksums=True` as a flag; None is left out."""
    arguments: list[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        if name == "config":
            arguments.insert(0, str(value))
            continue
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(flag)
            continue
        if isinstance(value, Mapping):
            value = [f"{key}={one}" for key, one in value.items()]
        for one in value if isinstance(value, list | tuple) else [value]:
            arguments += [flag, str(one)]
    return arguments


def _find_cli(cwd: Path) -> list[str]:
    """The command line: what PARITY_CLI says, the one that this package came with, or the project's own by npx."""
    named = os.environ.get("PARITY_CLI", "")
    if named.endswith(".js"):
        return ["node", named]
    if named:
        return shlex.split(named)
    beside = Path(__file__).resolve().parents[2] / "dist" / "cli" / "main.js"
    if beside.is_file():
        return ["node", str(beside)]
    installed = any((folder / "node_modules" / ".bin" / "parity").exists() for folder in (cwd, *cwd.parents))
    if installed and shutil.which("npx") is not None:
        return ["npx", "--no-install", "parity"]
    raise ParityError(
        "RUNTIME_MISSING",
        "The parity command line was not found.",
        "npm install parity in this project, or set PARITY_CLI to its dist/cli/main.js.",
    )


def _describe(finding: Mapping[str, Any]) -> list[str]:
    source = finding.get("source")
    place = "" if source is None else f"{source['file']}:{source['line']} "
    where = finding.get("parameter") or finding.get("pair") or "the model"
    lines = [f"{finding['status']} {finding['cause']} at {where}", f"  {place}{finding['message']}"]
    experiment = finding.get("experiment")
    if experiment is not None:
        before, after = experiment["errorBefore"], experiment["errorAfter"]
        lines.append(f"  with {experiment['change']} the layer's error goes {before} → {after}")
    if finding.get("fix"):
        lines += [f"  fix: {line}" for line in finding["fix"].splitlines()]
    return lines
