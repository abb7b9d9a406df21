"""Receive Django's signals in tests."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def listening(signal, model):
    """Yield a list that collects the arguments and the key of each signal of a model.

    The key is stored separately, because a deletion removes it from the instance.
    """
    told = []

    def listener(instance, **arguments):
        told.append({"pk": instance.pk, **arguments})

    signal.connect(listener, sender=model)
    try:
        yield told
    finally:
        signal.disconnect(listener, sender=model)
