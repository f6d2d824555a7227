"""Cases of drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Answer = Literal[True] | str
"""True, or the reason why not."""


@dataclass(frozen=True)
class Case:
    """A database at the newest revision that somebody changed by hand.

    :param sql: what was done to it, as a superuser.
    :param noticed: words of the labels under which comparing must mention it, each at least once.
    :param prune: what is undeclared is to be dropped. Without it the same case must report it and leave it
      alone.
    :param undeclared: words of what nobody declared;
      with ``prune`` and nothing said all that is in ``noticed``.
    :param mendable: the generated upgrade brings the declared catalog back.
    :param schemas: schemas that are to be looked at besides those in which something is declared.
    :param reversible: the generated downgrade brings the drift back, to the letter.
    """

    sql: str
    noticed: tuple[str, ...]
    prune: bool = False
    undeclared: tuple[str, ...] = ()
    mendable: Answer = True
    reversible: Answer = True
    schemas: tuple[str, ...] = ()

    @property
    def reported(self) -> tuple[str, ...]:
        """Words of what is reported and left alone where nothing is pruned."""
        return self.undeclared or (self.noticed if self.prune else ())
