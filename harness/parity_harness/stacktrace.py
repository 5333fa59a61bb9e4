"""Lines of code that a program remembers."""

from __future__ import annotations

import linecache
import re
from functools import lru_cache

from .places import is_user_file, shown_path
from .source import Place

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in .*\n(?P<code>[^\n]*)', re.MULTILINE)


@lru_cache(maxsize=4096)
def place_in(trace: str | None) -> Place | None:
    """The innermost line of the user's in a stack trace from the time when the program was made.

    None unless the file is here and still has that line there: a program may come from another machine, or be older
    than the code.
    """
    for frame in reversed(list(_FRAME.finditer(trace or ""))):
        file, line = frame["file"], int(frame["line"])
        if is_user_file(file) and linecache.getline(file, line).strip() == frame["code"].strip():
            return {"file": shown_path(file), "line": line}
    return None
