"""Deletes and updates of session rows that also update the cache and notify receivers.

The order matters: the statement locks the rows, then the cache is written, then the transaction commits.
If the cache write fails, CacheUnavailable is raised and the transaction is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.signals import setting_changed
from django.db import models, transaction
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import Signal, receiver

from user_sessions.backends import cache as session_cache
from user_sessions.django_private import FastCollector, delete_in_one_statement
from user_sessions.engine import store_of
from user_sessions.keys import RawKey, digest_of, is_digest

if TYPE_CHECKING:
    from user_sessions.models import AbstractSession, Session, SessionQuerySet

BATCH = 2000  # sessions per statement and per cache call

# Sent after rows are deleted and before the COMMIT, in the same transaction. The sender is the model of
# the sessions, ``session_keys`` are digests, and ``using`` names the database. After you connect a
# receiver, call ``connect()``. ``clearsessions`` deletes expired sessions without this signal if it can.
sessions_deleted = Signal()


def is_cached(model: type[models.Model]) -> bool:
    """Return whether the configured engine caches the sessions of a model."""
    store = store_of(model)
    return store is not None and store.is_cached


def is_announced(model: type[models.Model]) -> bool:
    """Return whether the cache or a receiver needs to know which sessions of a model are deleted."""
    store = store_of(model)
    return store is not None and (store.is_cached or sessions_deleted.has_listeners(model))


def can_delete_at_once(sessions: SessionQuerySet[Any]) -> bool:
    """Return whether one statement can delete these sessions. The app's own receivers don't count."""
    return _Collector(using=sessions.db, origin=sessions).can_fast_delete(sessions)


def delete(sessions: SessionQuerySet[Any], keys: Sequence[RawKey] | None = None) -> int:
    """Delete sessions, or only those with ``keys``; announce each one and return how many."""

    def delete_batch(batch: SessionQuerySet[Any], keys: Sequence[RawKey]) -> int:
        deleted = delete_in_one_statement(batch)
        gone = digests_of(set(keys) - _remaining_keys(batch, keys, deleted))
        _announce(sessions.model, gone, sessions.db)
        return deleted

    return _by_keys(sessions, delete_batch, keys)


def delete_expired(sessions: SessionQuerySet[Any]) -> int:
    """Delete expired sessions, and return how many.

    They are not announced if one statement can delete them: a cache entry holds the expiry of its session,
    and a websocket notices it at its next heartbeat.
    """
    if is_announced(sessions.model) and can_delete_at_once(sessions):
        return delete_in_one_statement(sessions)
    _total, deleted = sessions.delete()
    return deleted.get(sessions.model._meta.label, 0)


def update(sessions: SessionQuerySet[Any], values: dict[str, Any]) -> int:
    """Update sessions as ``QuerySet.update`` does, and invalidate their cache entries."""

    def update_batch(batch: SessionQuerySet[Any], keys: Sequence[RawKey]) -> int:
        changed = models.QuerySet.update(batch, **values)
        session_cache.mark(digests_of(keys))
        return changed

    return _by_keys(sessions, update_batch)


@contextmanager
def saving(session: AbstractSession, using: str) -> Iterator[None]:
    """Run a block that saves an instance in a transaction, then invalidate the session's cache entry."""
    with transaction.atomic(using=using):
        yield
        session_cache.mark([session.pk])


def digests_of(keys: Sequence[str] | set[RawKey]) -> list[str]:
    """Return the digests of keys, some of which may still be raw."""
    return [key if is_digest(key) else digest_of(key) for key in keys]


def _by_keys(
    sessions: SessionQuerySet[Any],
    work: Callable[[SessionQuerySet[Any], Sequence[RawKey]], int],
    keys: Sequence[RawKey] | None = None,
) -> int:
    """Call ``work`` for each batch of sessions, in one transaction; return the sum of its results.

    The keys are read first, and only these rows are changed. A row that starts to match later is left
    alone, because its cache entry would not be invalidated.
    """
    with _undoing_tombstones(sessions.model) as told, transaction.atomic(using=sessions.db):
        if keys is None:
            keys = [RawKey(key) for key in sessions.order_by().values_list("pk", flat=True)]
        done = 0
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            told += batch
            done += work(sessions.filter(pk__in=batch), batch)
        return done


@contextmanager
def _undoing_tombstones(model: type[models.Model]) -> Iterator[list[RawKey]]:
    """Yield a list for the changed keys. If the block fails, invalidate their cache entries."""
    told: list[RawKey] = []
    try:
        yield told
    except BaseException:
        if is_cached(model):
            with session_cache.going_on():
                session_cache.mark(digests_of(told))
        raise


def _announce(model: type[models.Model], digests: list[str], using: str) -> None:
    """Write tombstones and send ``sessions_deleted``, before the COMMIT."""
    if is_cached(model):
        session_cache.bury(digests)
    sessions_deleted.send(sender=model, session_keys=digests, using=using)


def _remaining_keys(
    batch: SessionQuerySet[Any], keys: Sequence[RawKey], deleted: int
) -> set[RawKey]:
    """Return the keys whose rows still exist, because they stopped matching before the DELETE."""
    if deleted == len(keys):
        return set()
    rows = batch.model._base_manager.using(batch.db).filter(pk__in=keys)
    return set(map(RawKey, rows.values_list("pk", flat=True)))


def hash_before_delete(instance: Session, **kwargs: Any) -> None:  # 4.0: remove
    """Replace a raw key in the row by the digest, by which Django deletes the instance."""
    if instance.raw_key:
        instance._hash()


def announce_deleted(instance: AbstractSession, using: str, **kwargs: Any) -> None:
    """Announce a session that was deleted as an instance, such as by the cascade from its user."""
    _announce(type(instance), [instance.pk], using)


class _Collector(FastCollector):
    ignored = (hash_before_delete, announce_deleted)


@receiver(setting_changed)
def connect(setting: str = "SESSION_ENGINE", **kwargs: Any) -> None:
    """Connect the receivers for models whose deletions are announced, and disconnect them for others.

    If a model has a receiver, Django fetches every instance before it deletes rows.
    """
    if setting not in {"SESSION_ENGINE", "INSTALLED_APPS"}:
        return
    for model in apps.get_models():
        announced = _may_be_announced(model)
        for signal, ours in ((pre_delete, hash_before_delete), (post_delete, announce_deleted)):
            if announced:
                signal.connect(ours, sender=model)
            else:
                signal.disconnect(ours, sender=model)


def _may_be_announced(model: type[models.Model]) -> bool:
    """Return ``is_announced``, or True if the engine can't be imported.

    The site then starts, the check E012 reports the error, and only deletions raise it.
    """
    if not hasattr(model, "get_session_store_class"):
        return False
    try:
        return is_announced(model)
    except Exception:  # noqa: BLE001  # a site's own engine may raise anything
        return True
