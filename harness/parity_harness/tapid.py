"""Tap ids: module path, `@n` for the n-th call in one forward pass, `[slot]` for one tensor of several."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT = "(output)"
_FORM = re.compile(r"^(?P<path>.*?)(?:@(?P<call>[0-9]+))?(?:\[(?P<slot>[^\[\]]*)\])?$")


@dataclass(frozen=True)
class TapId:
    """`path` is "" for the root module; `slot` is None for a module's only tensor."""

    path: str
    call: int
    slot: str | None

    def __str__(self) -> str:
        name = self.path or ROOT
        if self.call > 1:
            name += f"@{self.call}"
        return name if self.slot is None else f"{name}[{self.slot}]"


def parse_tap(text: str) -> TapId:
    found = _FORM.match(text)
    if found is None:
        return TapId(text, 1, None)
    path = found["path"]
    return TapId("" if path == ROOT else path, int(found["call"] or 1), found["slot"])
