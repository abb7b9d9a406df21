"""Receive Django's signals in tests."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def listening(signal, model):
    """Yield a list that collects the arguments and the key of each signal of a model.

    The key is stored separately, because a deletion removes it from the instance.
    """
    received = []

    def receiver(instance, **arguments):
        received.append({"pk": instance.pk, **arguments})

    signal.connect(receiver, sender=model)
    try:
        yield received
    finally:
        signal.disconnect(receiver, sender=model)
