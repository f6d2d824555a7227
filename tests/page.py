"""The commands, Python blocks and lists of a page of the documentation."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_SHELL = re.compile(r"^( *)```(?:bash|sh)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n)+")
_FILE = re.compile(r"^[^\n`]*`([\w/]+\.\w+)`(?:(?!\n\n).)*\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Page:
    """A page by its path from the root of the project."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text(encoding="utf-8")

    def commands(self) -> Iterator[list[str]]:
        """The words of every command, in order, without comments and without what follows a prompt."""
        blocks = [found.group(2) for found in _SHELL.finditer(self.text)]
        without = _PYTHON.sub("", _SHELL.sub("", self.text))
        blocks += [block for block in _INDENTED.findall(without) if re.match(r" +[\w./-]+ ", block)]
        for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
            for part in line.split(" && "):
                if part.strip() and not part.strip().startswith("$"):
                    words = shlex.split(part, comments=True)
                    if words:
                        yield words

    def python(self, until: str = "\0") -> list[str]:
        """The Python blocks, up to a heading."""
        return _PYTHON.findall(self.text.partition(f"\n## {until}\n")[0])

    def files(self, heading: str) -> dict[str, str]:
        """The blocks of a section by the path of a file that begins the sentence before each."""
        return dict(_FILE.findall(self._section(heading)))

    def lines(self, heading: str) -> list[list[str]]:
        """The words of the commands of a section."""
        blocks = _INDENTED.findall(_PYTHON.sub("", self._section(heading)))
        return [shlex.split(line) for block in blocks for line in block.splitlines()]

    def _section(self, heading: str) -> str:
        return self.text.partition(f"\n### {heading}\n")[2].partition("\n### ")[0]

    def names(self, heading: str) -> list[str]:
        """The names in back quotes that begin the items of a section; of a tree, the files."""
        _, _, after = self.text.partition(f"\n## {heading}\n")
        section = after.partition("\n## ")[0]
        return re.findall(r"^- `([\w.]+)`", section, re.MULTILINE) or re.findall(
            r"^(\w+)\.py +# \S", section, re.MULTILINE
        )


def assert_listed(page: Page, heading: str, expected: set[str], line: Callable[[str], str]) -> None:
    """Fails with the lines to write, and those to delete, where a list is not what the code has."""
    listed = page.names(heading)
    assert listed, f"{page.path}: there is no list under {heading!r}"
    absent, more = sorted(expected - set(listed)), sorted(set(listed) - expected)
    problems = [f"add the line:    {line(name)}" for name in absent] + [f"delete:    {name}" for name in more]
    assert not problems, "\n".join([f"{page.path}, under {heading!r}:", *problems])
    assert len(listed) == len(expected), f"{page.path}: a name stands twice under {heading!r}"
