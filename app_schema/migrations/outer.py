"""The transaction of all revisions that an env.py begins with ``begin_transaction()``, and ends.

What the env.py sends before and after the revisions is part of it: a search_path, a role, a lock, grants. Its
rollback undoes the revisions too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from app_schema.migrations.sentences import sentences

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Ended = Callable[[bool], None]


class Outer:
    """The result of ``begin_transaction()`` in an env.py, in the place of Alembic's own object."""

    def __init__(self, context: MigrationContext) -> None:
        self.context = context
        self.waits = False
        """The revisions have run, and the env.py has not ended the transaction yet."""
        self._ended: list[Ended] = []

    def when_ended(self, function: Ended) -> None:
        """Calls the function when the env.py has ended the transaction; True: committed."""
        self._ended.append(function)

    @contextmanager
    def begun(self, ended: Ended) -> Iterator[None]:
        """Begins the transaction, or continues the one that a statement of the env.py has begun.

        After an error it is rolled back; else it is left open for the env.py.

        :param ended: see :meth:`when_ended`.
        """
        transaction: Any = self.context.begin_transaction()
        try:
            yield
        except BaseException as error:
            transaction.__exit__(type(error), error, error.__traceback__)
            raise
        self.waits = True
        self.when_ended(ended)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: type[BaseException] | None, *_: object) -> None:
        if type_ is None:
            self.commit()
        else:
            self.rollback()

    def commit(self) -> None:
        """Commits the revisions, and what the env.py has sent."""
        self._end(committed=True)

    def rollback(self) -> None:
        """Rolls back the revisions, and what the env.py has sent."""
        self._end(committed=False)

    def _end(self, *, committed: bool) -> None:
        connection = self.context.connection
        assert connection is not None
        transaction = connection.get_transaction()  # another one, if a revision has ended the first
        self.waits, ended, self._ended = False, self._ended, []
        is_committed = False
        environment = self.context.environment_context
        assert environment is not None
        try:
            with sentences(environment):
                if transaction is not None:
                    (transaction.commit if committed else transaction.rollback)()
            is_committed = committed
        finally:
            for function in ended:
                function(is_committed)
