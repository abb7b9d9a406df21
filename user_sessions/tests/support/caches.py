"""Caches for the tests: they record calls, can be down, and refuse calls inside an event loop."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager, suppress

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

OPERATIONS = ("get", "add", "set", "set_many", "get_many", "delete")


class State:
    """The state of every cache of this process, in all of its threads."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what is cached, without a deletion on a server that others use too."""
        self.test = uuid.uuid4().hex
        self.calls: list[str] = []
        self.timeouts: list[float | None] = []  # of the entries that were written, in seconds
        self.down: tuple[str, ...] = ()

    @contextmanager
    def unavailable(self, *operations: str):
        """Let some or all operations fail, as on a server that can't be reached."""
        self.down = operations or OPERATIONS
        try:
            yield
        finally:
            self.down = ()


state = State()


def key_of_this_test(key: str, key_prefix: str, version: int) -> str:
    """Return the key under which a cache stores a value, for KEY_FUNCTION.

    Each cache call uses it, so it can detect a call inside an event loop.
    """
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise CalledInEventLoop(key)
    return f"{state.test}:{version}:{key}"


class CalledInEventLoop(BaseException):
    """A cache was called inside an event loop, so everything else in the process waits for it.

    Not an Exception, because the engine continues without the cache after one of these.
    """


def _watched(name):
    def operation(self, *args, **kwargs):
        state.calls.append(name)
        if name in state.down:
            raise ConnectionError("Connection refused.")
        length = len(state.calls)
        if "timeout" in kwargs:
            state.timeouts.append(kwargs["timeout"])
        try:
            return getattr(super(self.watched, self), name)(*args, **kwargs)
        finally:
            del state.calls[length:]  # what it is made of

    return operation


def _watching(base):
    kind = type(f"Watched{base.__name__}", (base,), {name: _watched(name) for name in OPERATIONS})
    kind.watched = kind
    return kind


Memory = _watching(LocMemCache)
Redis = _watching(RedisCache)
