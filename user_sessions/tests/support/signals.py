"""Listening to Django's signals."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def listening(signal, model):
    """Yield a list that receives the arguments and the key of each signal that a model sends.

    The key is kept apart, because a deletion takes it away from the instance.
    """
    told = []

    def listener(instance, **arguments):
        told.append({"pk": instance.pk, **arguments})

    signal.connect(listener, sender=model)
    try:
        yield told
    finally:
        signal.disconnect(listener, sender=model)
