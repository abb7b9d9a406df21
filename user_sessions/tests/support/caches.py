"""Caches for the tests: they say what was called, can be down, and no event loop waits for them."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager, suppress

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

OPERATIONS = ("get", "add", "set", "set_many", "get_many", "delete")


class State:
    """What holds for every cache of this process, in all of its threads."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what is cached; on a server that others use too, nothing is deleted."""
        self.test = uuid.uuid4().hex
        self.calls: list[str] = []
        self.timeouts: list[float | None] = []  # of what was put, in seconds
        self.down: tuple[str, ...] = ()

    @contextmanager
    def unavailable(self, *operations: str):
        """Let operations fail, or all of them, as a server that can't be reached does."""
        self.down = operations or OPERATIONS
        try:
            yield
        finally:
            self.down = ()


state = State()


def key_of_this_test(key: str, key_prefix: str, version: int) -> str:
    """Return the key under which a cache keeps something, for KEY_FUNCTION.

    Each call of a cache makes one, so here is where one from inside an event loop is found.
    """
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise CalledInEventLoop(key)
    return f"{state.test}:{version}:{key}"


class CalledInEventLoop(BaseException):
    """A cache was called where everything else in the process waits for it.

    No Exception: after those of a cache the engine goes on without it.
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
