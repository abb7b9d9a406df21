"""No order of steps lets an ended session in, or loses what was saved; and the search finds known faults.

Bounds: one session that somebody is signed in to, cached or not at first. Each pair of the actors below;
each three of those in OF_THREE; in each of these one may crash after any step. Besides, some with a cache
that drops an entry. `-s` shows the number of states.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement
from types import SimpleNamespace

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete

from user_sessions import rows
from user_sessions.backends import cache as session_cache
from user_sessions.backends import cached_db
from user_sessions.backends.cache import ENDED, Entry
from user_sessions.exceptions import SessionEnded
from user_sessions.keys import digest_of
from user_sessions.tests.tools.interleavings import (
    Explorer,
    Fault,
    Machine,
    StepCache,
)
from user_sessions.upgrade import raw_keys

CACHES = {"default": {"BACKEND": f"{StepCache.__module__}.StepCache"}}


ACCEPTED = "an ended session is accepted"
STOLEN = "a session is accepted that was taken from its user"
LOST = "what was saved is lost"


class World:
    """One session, and what requests and other code do with it."""

    def __init__(self, key, store_class, session_model):
        self.key = key
        self.store_class = store_class
        self.model = session_model
        self.machine = StepCache.machine = Machine(session_model._meta.db_table)
        self.rows = self.machine.rows()
        names = [column.name for column in self.machine._columns()]
        self.user_column, self.data_column = names.index("user_id"), names.index("session_data")
        self.running = ""
        self.new_keys = 0

    @lru_cache  # noqa: B019  # the world is gone with its test
    def _code(self, name, number, *arguments):
        def code():
            self.running, self.new_keys = f"{name}-{number}", 0
            return getattr(self, name)(*arguments)

        return code

    def new_key(self, *_length_and_letters):
        """Return the key that an actor makes up, which is the same when it is run anew."""
        self.new_keys += 1
        key = f"{self.running}-makes-up-key-{self.new_keys}"
        self.keys[digest_of(key)] = key
        return key

    @cached_property
    def keys(self):
        """Every key by its digest."""
        return {digest_of(self.key): self.key}

    def loading(self, digest):
        return self._code("load", 0, self.keys[digest])

    @lru_cache  # noqa: B019  # as above
    def data_of(self, row):
        """Return what a row signs somebody in to; nothing where it was taken from its user."""
        return (
            {}
            if row[self.user_column] is None
            else self.store_class().decode(row[self.data_column])
        )

    # A request

    def load(self, key=None):
        return self.store_class(key or self.key).load()

    def save(self):
        store = self.store_class(self.key)
        if SESSION_KEY in store:
            store["saved by"] = self.running
            store.save()

    def touch(self):
        store = self.store_class(self.key, ip="198.51.100.7")
        if SESSION_KEY in store:
            store.touch()

    def cycle(self):
        store = self.store_class(self.key)
        if SESSION_KEY in store:
            store.cycle_key()

    def sign_out(self):
        store = self.store_class(self.key)
        if SESSION_KEY in store:
            store.flush()

    # Other code

    def end(self):
        self.model.objects.filter(pk=self.key).end()

    def delete_instance(self):
        self.model(session_key=self.key).delete()

    def take_away(self):
        self.model.objects.filter(pk=self.key).update(user=None)

    def save_instance(self):
        for session in self.model.objects.filter(pk=self.key):
            session.user = None
            with suppress(DatabaseError):  # the row is gone
                session.save(update_fields=["user"])

    def lose(self):
        """What the cache does: it drops an entry, but no tombstone, whose loss is another story."""
        caches["default"].lose(session_cache.PREFIX + digest_of(self.key))

    # In a transaction of the caller's

    def save_in_transaction(self):
        with transaction.atomic():
            self.save()

    def end_in_transaction(self):
        with transaction.atomic():
            self.end()

    def save_rolled_back(self):
        self._rolled_back(self.save)

    def cycle_rolled_back(self):
        self._rolled_back(self.cycle)

    def touch_rolled_back(self):
        self._rolled_back(self.touch)

    def end_rolled_back(self):
        self._rolled_back(self.end)

    def _rolled_back(self, code):
        with transaction.atomic():
            code()
            transaction.set_rollback(True)

    # All that can happen

    def explore(self, names, crashes=1, only=""):
        """Go through all that these can do, with an empty cache and with one that has the session.

        Returns the number of states, or raises Fault; for problems of one kind only, if that is given.
        """

        def problem_of(explorer, state):
            problem = self.problem_of(explorer, state) or ""
            return problem if problem.startswith(only) else None

        explorer = Explorer(self.machine, problem_of)
        codes = {f"{name} {number}": self._code(name, number) for number, name in enumerate(names)}
        start = explorer.state(self.rows, codes, crashes)
        loaded = explorer.after_running(start, self._code("load", 0))
        explorer.explore(start)
        explorer.explore(start._replace(cache=loaded.cache))
        return explorer.states

    def problem_of(self, explorer, state):
        """Return what is wrong in a state, if anything."""
        for digest in state.known:
            if problem := self._problem_of_session(explorer, state, digest):
                return problem
        for actor in state.actors:
            if done := explorer.done(actor):
                if done.error and not isinstance(done.error, SessionEnded):
                    return f"{actor.name} raised {done.error!r}"
                if done.result and digest_of(self.key) in actor.began_after:
                    return f"{actor.name} began after the end, and was signed in"
        return None

    def _problem_of_session(self, explorer, state, digest):
        rows = explorer.rows[state.rows]
        row = next((row for row in rows if row[0] == digest), None)
        loaded = explorer.alone(state, self.loading(digest))
        if row is None:
            return ACCEPTED if loaded else None
        expected = self.data_of(row)
        if SESSION_KEY in loaded and SESSION_KEY not in expected:
            return STOLEN
        # Where one crashed between cache and COMMIT, what it left there stays until that goes.
        if loaded == expected or state.has_crashed:
            return None
        if any(digest in dict(explorer.written[actor.written]) for actor in state.actors):
            return None
        # So it does where the caller undid an end; but nobody is let in by it.
        if not loaded and any(actor.name.split()[0] in UNDONE_ENDS for actor in state.actors):
            return None
        return f"{LOST}: {loaded} and not {expected}"


ALONE = (
    "load", "save", "touch", "cycle", "sign_out", "end", "delete_instance", "take_away",
    "save_instance",
)  # fmt: skip
IN_TRANSACTION = (
    "save_in_transaction", "end_in_transaction", "save_rolled_back", "cycle_rolled_back",
    "touch_rolled_back", "end_rolled_back",
)  # fmt: skip
UNDONE_ENDS = ("cycle_rolled_back", "end_rolled_back")
OF_THREE = ("load", "save", "touch", "cycle", "end", "take_away")

PAIRS = list(combinations_with_replacement(ALONE + IN_TRANSACTION, 2))
THREES = [names for names in combinations_with_replacement(OF_THREE, 3) if names[0] != names[2]]
LOSING = [
    ("load", "end"),
    ("save", "end"),
    ("touch", "end"),
    ("load", "cycle"),
    ("save", "take_away"),
]


@pytest.fixture
def world(transactional_db, laptop, store_class, session_model, settings, monkeypatch, clock):
    """The same each time that it is run: the same times, the same new keys."""
    raw_keys.may_be_left(session_model, "default")
    monkeypatch.setattr("django.core.signing.time", SimpleNamespace(time=clock.now.timestamp))
    key = laptop.key
    settings.CACHES = CACHES
    world = World(key, store_class, session_model)
    monkeypatch.setattr("user_sessions.backends.base.get_random_string", world.new_key)
    return world


@pytest.mark.parametrize("first", ALONE + IN_TRANSACTION)
def test_no_order_of_two(world, first):
    _explore(world, [names for names in PAIRS if names[0] == first])


@pytest.mark.parametrize("first", sorted({names[0] for names in THREES}))
def test_no_order_of_three(world, first):
    _explore(world, [names for names in THREES if names[0] == first])


@pytest.mark.parametrize("names", LOSING, ids=" and ".join)
def test_an_entry_that_the_cache_drops_lets_nobody_in(world, names):
    world.explore((*names, "lose"), only=(ACCEPTED, STOLEN))


def _explore(world, scenarios):
    states = sum(world.explore(names) for names in scenarios)
    sys.stdout.write(f"\n{len(scenarios)} scenarios, {states:,} states\n")


def set_for_add(monkeypatch):
    monkeypatch.setattr(session_cache, "offer", session_cache.put_new_facts)


def tombstone_before_the_delete(monkeypatch):
    def delete_batch(batch, keys):
        session_cache.bury(rows.digests_of(keys))
        return batch._raw_delete(batch.db)

    _delete_by(delete_batch, monkeypatch)


def tombstone_after_the_commit(monkeypatch):
    def delete_batch(batch, keys):
        transaction.on_commit(lambda: session_cache.bury(rows.digests_of(keys)))
        return batch._raw_delete(batch.db)

    _delete_by(delete_batch, monkeypatch)


def no_tombstone(monkeypatch):
    _delete_by(lambda batch, keys: batch._raw_delete(batch.db), monkeypatch)


def _delete_by(delete_batch, monkeypatch):
    def delete(sessions, keys=None):
        return rows._by_keys(sessions, delete_batch, keys)

    monkeypatch.setattr(rows, "delete", delete)


def no_tombstone_for_an_instance(monkeypatch):
    monkeypatch.setattr(post_delete, "send", lambda **kwargs: None)


def cache_written_after_the_commit(monkeypatch):
    replace = session_cache.put_new_data

    def later(digest, entry):
        transaction.on_commit(lambda: replace(digest, entry))

    monkeypatch.setattr(session_cache, "put_new_data", later)


def cache_rewritten_after_the_commit(monkeypatch):
    rewrite = cached_db.SessionStore._rewrite

    def later(self, row, changed):
        transaction.on_commit(lambda: rewrite(self, row, changed))

    monkeypatch.setattr(cached_db.SessionStore, "_rewrite", later)


def row_taken_for_unchanged(monkeypatch):
    def write_unasked(self, row, names, _expected):
        return write(self, row, names, {})

    write = cached_db.SessionStore._write_columns
    monkeypatch.setattr(cached_db.SessionStore, "_write_columns", write_unasked)


def data_for_the_marker(monkeypatch):
    monkeypatch.setattr(cached_db, "is_in_callers_transaction", lambda connection: False)


def data_over_the_marker(monkeypatch):
    def rewrite(self, row, changed):
        held = self._look()
        if held != ENDED:
            facts = self._stored._replace(**changed)
            session_cache.put_new_facts(self._digest, self._entry(row, self._session_cache, facts))

    monkeypatch.setattr(cached_db.SessionStore, "_rewrite", rewrite)


def touch_writes_what_it_loaded(monkeypatch):
    def tell(self, touched, changed):
        if touched and isinstance(held := self._look(), Entry):
            data = self.serializer().dumps(self._session_cache)
            session_cache.put_new_facts(self._digest, held._replace(data=data))

    monkeypatch.setattr(cached_db.SessionStore, "_tell_of_touch", tell)


def touch_looks_before_it_has_the_lock(monkeypatch):
    touch = cached_db.SessionStore._touch

    def touch_late(self, changed):
        held = self._look()
        monkeypatch.setattr(session_cache, "look", lambda digest: held)
        try:
            return touch(self, changed)
        finally:
            monkeypatch.setattr(session_cache, "look", look)

    look = session_cache.look
    monkeypatch.setattr(cached_db.SessionStore, "_touch", touch_late)


def no_marker_for_an_update(monkeypatch):
    monkeypatch.setattr(
        rows, "update", lambda sessions, values: QuerySet.update(sessions, **values)
    )


def no_marker_for_a_saved_instance(monkeypatch):
    monkeypatch.setattr(rows, "saving", lambda session, using: nullcontext())


def _named(value):
    return getattr(value, "__name__", None) or (
        " and ".join(value) if isinstance(value, tuple) else value
    )


@pytest.mark.parametrize(
    ("mutate", "names", "problem"),
    [
        (set_for_add, ("load", "end"), ACCEPTED),
        (tombstone_before_the_delete, ("touch", "end"), ACCEPTED),
        (tombstone_before_the_delete, ("save", "end"), ACCEPTED),
        (tombstone_after_the_commit, ("load", "end"), ACCEPTED),
        (no_tombstone, ("load", "sign_out"), ACCEPTED),
        (no_tombstone, ("load", "cycle"), ACCEPTED),
        (no_tombstone_for_an_instance, ("load", "delete_instance"), ACCEPTED),
        (cache_written_after_the_commit, ("save", "save"), LOST),
        (cache_written_after_the_commit, ("save", "end"), ACCEPTED),
        (cache_rewritten_after_the_commit, ("save", "save", "touch"), LOST),
        (row_taken_for_unchanged, ("save", "take_away"), STOLEN),
        (data_for_the_marker, ("load", "save_rolled_back"), LOST),
        (data_over_the_marker, ("save", "take_away"), STOLEN),
        (touch_writes_what_it_loaded, ("touch", "save"), LOST),
        (touch_looks_before_it_has_the_lock, ("touch", "save"), LOST),
        (no_marker_for_an_update, ("load", "take_away"), STOLEN),
        (no_marker_for_a_saved_instance, ("load", "save_instance"), STOLEN),
    ],
    ids=_named,
)
def test_a_fault_in_the_protocol_is_found(world, monkeypatch, mutate, names, problem):
    mutate(monkeypatch)
    with pytest.raises(Fault, match=problem):
        world.explore(names, crashes=0, only=problem)
