"""The standard streams: sentences at a terminal, a stream that the caller has closed, a full disk."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TextIO

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def replace_closed() -> None:
    """Opens the null device for a stream that the caller has closed.

    Python has None there, and the socket of a connection would get the descriptor of the stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end


def refused(error: OSError) -> str | None:
    """The sentence for output that a full disk refuses, whose rest is discarded; None for another error."""
    if error.errno not in _FULL or error.filename is not None:
        return None
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python writes the rest at its end
    return f"The output cannot be written: {error.strerror}."


def wrapped(lines: str, stream: TextIO, indent: int = 0) -> str:
    """The lines, wrapped between words at a terminal; not wrapped in a pipe.

    :param indent: of a continuation; 0: that of its line.
    """
    if not stream.isatty():
        return lines
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=" " * (indent or len(line) - len(line.lstrip())),
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        )
        for line in lines.splitlines()
    )
