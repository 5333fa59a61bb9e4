"""The fixture `parity` for pytest: holds a port against a golden inside the test suite that it already has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .check_command import CheckResult, ParityError, run_check

__all__ = ["CheckResult", "Parity", "ParityError", "parity"]


class Parity:
    """Runs `parity check`. Relative paths are relative to `cwd`."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def check(self, candidate: str | None = None, golden: str | None = None, **options: Any) -> CheckResult:
        """The result of a check; `golden` stands for the original, so that TensorFlow is not needed.

        Options are those of the command line (`text=["Hello"]`, `map="map.json"`, `precision="both"`); `config` is the
        configuration file. The candidate runs in this interpreter's environment unless `python` names another one.
        Raises ParityError when the check could not be made.
        """
        if golden is not None:
            options["reference"] = golden
        return run_check({"candidate": candidate, **options}, self.cwd)

    def assert_matches_golden(self, candidate: str, golden: str, **options: Any) -> CheckResult:
        """As `check`; raises AssertionError with the findings unless the port is at parity."""
        __tracebackhide__ = True
        result = self.check(candidate, golden, **options)
        if result.verdict != "parity":
            raise AssertionError(result.report())
        return result


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> Parity:
    """Checks of ports, with paths relative to pytest's root folder."""
    return Parity(request.config.rootpath)
