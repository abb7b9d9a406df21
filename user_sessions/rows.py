"""Deleting and changing the rows of sessions that are cached too, so that the cache knows it at once.

The order is everything: the statement takes the locks of the rows, then the cache is told, then comes
the COMMIT. Where the cache refuses, CacheUnavailable is raised and the rows are as they were.

Of the same deletions ``user_sessions.channels`` tells the websockets, after the COMMIT.
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

BATCH = 2000  # sessions a statement, and a message to the cache

# Sent after rows are deleted and before the COMMIT, in the same transaction. The sender is the model of
# the sessions, ``session_keys`` are digests, and ``using`` names the database. After connecting, call
# ``connect()``. An expired session that ``clearsessions`` deletes is not announced.
sessions_deleted = Signal()


def is_cached(model: type[models.Model]) -> bool:
    """Return whether the configured engine caches the sessions of a model."""
    store = store_of(model)
    return store is not None and store.is_cached


def is_announced(model: type[models.Model]) -> bool:
    """Return whether the cache or a receiver needs to know which sessions of a model are deleted."""
    store = store_of(model)
    return store is not None and (store.is_cached or sessions_deleted.has_listeners(model))


def deletes_at_once(sessions: SessionQuerySet[Any]) -> bool:
    """Tell whether some sessions can be deleted without an instance of each."""
    return _Collector(using=sessions.db, origin=sessions).can_fast_delete(sessions)


def delete(sessions: SessionQuerySet[Any], keys: Sequence[RawKey] | None = None) -> int:
    """Delete some sessions, or those of them with some keys; announce each and return how many."""

    def delete_batch(batch: SessionQuerySet[Any], keys: Sequence[RawKey]) -> int:
        deleted = delete_in_one_statement(batch)
        gone = digests_of(set(keys) - _left(batch, keys, deleted))
        _announce(sessions.model, gone, sessions.db)
        return deleted

    return _by_keys(sessions, delete_batch, keys)


def delete_expired(sessions: SessionQuerySet[Any]) -> int:
    """Delete sessions that have expired, and return how many.

    They are announced to nobody: an entry says itself when its session expires, and a websocket finds out
    by its heartbeat.
    """
    if is_announced(sessions.model) and deletes_at_once(sessions):
        return delete_in_one_statement(sessions)
    _total, deleted = sessions.delete()
    return deleted.get(sessions.model._meta.label, 0)


def update(sessions: SessionQuerySet[Any], values: dict[str, Any]) -> int:
    """Change some sessions as QuerySet.update does, and let the database be asked for them."""

    def update_batch(batch: SessionQuerySet[Any], keys: Sequence[RawKey]) -> int:
        changed = models.QuerySet.update(batch, **values)
        session_cache.mark(digests_of(keys))
        return changed

    return _by_keys(sessions, update_batch)


@contextmanager
def saving(session: AbstractSession, using: str) -> Iterator[None]:
    """Let the database be asked for a session whose instance is saved, by other than the engine."""
    with transaction.atomic(using=using):
        yield
        session_cache.mark([session.pk])


def digests_of(keys: Sequence[str] | set[RawKey]) -> list[str]:
    """Return the digests of keys as they stand in their rows, of which few may be unhashed."""
    return [key if is_digest(key) else digest_of(key) for key in keys]


def _by_keys(
    sessions: SessionQuerySet[Any],
    work: Callable[[SessionQuerySet[Any], Sequence[RawKey]], int],
    keys: Sequence[RawKey] | None = None,
) -> int:
    """Do some work on sessions, batch by batch, in one transaction; return the sum.

    It is told their keys first, and does it to no others: of one that comes to be among the sessions
    meanwhile, the cache would not be told.
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
    """Take back the tombstones of the keys in a list where the deletion fails."""
    told: list[RawKey] = []
    try:
        yield told
    except BaseException:
        if is_cached(model):
            with session_cache.going_on():
                session_cache.mark(digests_of(told))
        raise


def _announce(model: type[models.Model], digests: list[str], using: str) -> None:
    """Tell of sessions that are deleted and not committed yet: the cache now, websockets afterwards."""
    if is_cached(model):
        session_cache.bury(digests)
    sessions_deleted.send(sender=model, session_keys=digests, using=using)


def _left(batch: SessionQuerySet[Any], keys: Sequence[RawKey], deleted: int) -> set[RawKey]:
    """Return those that are still there: they changed meanwhile, and are none of the batch any more."""
    if deleted == len(keys):
        return set()
    rows = batch.model._base_manager.using(batch.db).filter(pk__in=keys)
    return set(map(RawKey, rows.values_list("pk", flat=True)))


def hash_before_delete(instance: Session, **kwargs: Any) -> None:  # 4.0: remove
    """Give a row that stands under its key the digest, by which its instance is deleted."""
    if instance.raw_key:
        instance._hash()


def announce_deleted(instance: AbstractSession, using: str, **kwargs: Any) -> None:
    """Announce a row that was deleted as an instance, as in the cascade from a user."""
    _announce(type(instance), [instance.pk], using)


class _Collector(FastCollector):
    ignored = (hash_before_delete, announce_deleted)


@receiver(setting_changed)
def connect(setting: str = "SESSION_ENGINE", **kwargs: Any) -> None:
    """Listen to deletions of what is to be announced, and of nothing else.

    Django doesn't delete in one statement what somebody listens to.
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
    """Return ``is_announced``, and True for sessions of an engine that can't be imported.

    A deletion then raises the engine's error. Starting does not, so the system check E012 can report it.
    """
    if not hasattr(model, "get_session_store_class"):
        return False
    try:
        return is_announced(model)
    except Exception:  # noqa: BLE001  # a site's own engine may raise anything
        return True
