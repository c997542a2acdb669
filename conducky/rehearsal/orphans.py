"""What a killed engine left behind: waited for, and removed, since no state will ever name it."""

import threading
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from conducky.rehearsal.account import Account, Request
from conducky.rehearsal.handlers import Handler

# What the programs leave in the account when they go: images for a rollback, and the account's own roles.
RETAINED = frozenset({"docker-build:index:Image", "aws:iam/serviceLinkedRole:ServiceLinkedRole"})
_PROTECTIONS = ("deletionProtection", "enableDeletionProtection")


@dataclass
class OperationCount:
    """Counts the operations of a provider that have not ended."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _count: int = 0

    @contextmanager
    def one(self) -> Generator[None]:
        """One operation, from its beginning to its end."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait_none(self) -> None:
        """Wait until all have ended."""
        with self._changed:
            self._changed.wait_for(lambda: not self._count)


def remove_orphans(account: Account, handlers: Mapping[str, Handler], known: Collection[tuple[str, str]]) -> None:
    """Remove every resource of the account whose type and id are not `known`.

    What the programs leave in the account stays, and so does a revision of a task definition with `skipDestroy`. Raises
    ResourceFailedError when it cannot be removed.
    """
    for token, resources in list(account.resources.items()):
        for ident, outputs in list(resources.items()):
            if (token, ident) in known or token in RETAINED or outputs.get("skipDestroy"):
                continue
            free = {**outputs, **dict.fromkeys(_PROTECTIONS, False), "forceDestroy": True}
            if handler := handlers.get(token):
                handler.delete(Request(token, "", ident, free, free))
            account.forget(token, ident)
