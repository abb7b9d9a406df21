"""Every interleaving of what several requests do: a model of the servers under the real code.

The code runs as it is. Each of its calls of the cache, each statement on the table of sessions, each COMMIT
and ROLLBACK is a step, and the scheduler decides whose comes next. It goes on from every state with every
actor, and lets actors crash, until it has been in all states.

What is modelled is what servers do. A cache does one operation after another, and forgets nothing. A
database shows what is committed, and one's own (READ COMMITTED, which Django asks of MariaDB and
PostgreSQL has by default). An UPDATE or DELETE locks the rows that it finds until its transaction ends;
one that meets a lock waits, and then sees its rows anew, but none that came to be meanwhile. What a
statement does to the rows it sees, SQLite computes.

Code that is called with the same answers does the same. So an actor's place in its code is the answers that
it got, and the next step is found by running it anew with those. States are compared as a whole, so the
order of steps that don't meet isn't gone through twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.cache.backends.base import BaseCache
from django.db import connections

T = TypeVar("T", bound=Hashable)

Row = tuple[Any, ...]  # the first column is the primary key
Rows = tuple[Row, ...]
Written = tuple[tuple[Any, "Row | None"], ...]  # by primary key; None for deleted


class Numbered(Generic[T]):
    """Gives each value a number, so that states are quickly compared."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}
        self._values: list[T] = []

    def number(self, value: T) -> int:
        number = self._numbers.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return number

    def __getitem__(self, number: int) -> T:
        return self._values[number]


class Step(NamedTuple):
    """What an actor does next."""

    kind: str  # "cache", "statement", "commit" or "rollback"
    what: str = ""
    arguments: tuple[Any, ...] = ()
    in_transaction: bool = False

    def __str__(self):
        return f"{self.what or self.kind} {self.arguments[0] if self.kind == 'cache' else ''}"[:70]


class Done(NamedTuple):
    """An actor has finished; what it returned, or the error that it raised."""

    result: Any
    error: BaseException | None


class _Pause(BaseException):
    """Leaves an actor's code where its history ends."""


Code = Callable[[], Any]
OVER = -1  # the place of an actor that has ended or crashed


class Machine:
    """Runs actors with the answers of their history, on Django's connection and StepCache."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.connection = connections["default"]
        columns = [f'+"{column.name}"' for column in self._columns()]  # + keeps SQLite's own types
        self._key = columns[0]
        self._read = f'SELECT {", ".join(columns)} FROM "{table}" ORDER BY 1'  # noqa: S608  # our own table
        self._write = f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})'  # noqa: S608  # as above
        self._answers: list[Any] = []
        self._next: Step | None = None
        self._committed = False
        self._places: Numbered[tuple[Code, tuple[Any, ...]]] = Numbered()
        self._found: dict[int, Step | Done] = {}
        self._effects: dict[tuple[Step, Rows], Written] = {}

    def start(self, code: Code) -> int:
        """Return the place in some code where it begins."""
        return self._places.number((code, ()))

    def after(self, place: int, answer: Any) -> int:
        """Return the place that an answer leads to."""
        code, history = self._places[place]
        return self._places.number((code, (*history, answer)))

    def next_of(self, place: int) -> Step | Done:
        """Return what is done at a place."""
        if place not in self._found:
            self._found[place] = self._run(*self._places[place])
        return self._found[place]

    def effect(self, step: Step, rows: Rows) -> Written:
        """Return what a statement writes that sees some rows: each row that it finds, changed or not."""
        if (step, rows) not in self._effects:
            self.show(rows)
            sql = step.what.replace("%s", "?")
            if not sql.startswith("SELECT"):
                sql += f" RETURNING {self._key}"
            found = list(self.connection.connection.execute(sql, step.arguments))
            after = {row[0]: row for row in self.rows()}
            keys = [] if sql.startswith("SELECT") else sorted(key for (key,) in found)
            self._effects[step, rows] = tuple((key, after.get(key)) for key in keys)
        return self._effects[step, rows]

    def rows(self) -> Rows:
        return tuple(self.connection.connection.execute(self._read))

    def show(self, rows: Rows) -> None:
        """Let the table hold these rows."""
        self.connection.connection.execute(f'DELETE FROM "{self.table}"')  # noqa: S608  # our own table
        self.connection.connection.executemany(self._write, rows)

    def take(self, step: Step) -> Any:
        """Return the answer to a step, or leave the actor there."""
        if self._next is not None:  # leaving already: what handles the exception changes nothing
            return None
        if not self._answers:
            self._next = step
            raise _Pause
        return self._answers.pop(0)

    def _run(self, code: Code, history: tuple[Any, ...]) -> Step | Done:
        self._answers, self._next = list(history), None
        with self._steps_of_the_database():
            try:
                done = Done(code(), None)
            except Exception as error:  # noqa: BLE001  # an actor's error is a result
                done = Done(None, error)
            except _Pause:
                done = Done(None, None)
        if self._next is None:
            assert not self._answers, f"{code} did not ask for {self._answers}"
        return self._next or done

    @contextmanager
    def _steps_of_the_database(self) -> Iterator[None]:
        """Let Django's connection take steps, and leave it as if nothing had been done."""
        patched = {"set_autocommit": self._set_autocommit, "commit": self._commit}
        vars(self.connection).update(patched, rollback=self._rollback)
        try:
            with self.connection.execute_wrapper(self._execute):
                yield
        finally:
            for name in (*patched, "rollback"):
                del vars(self.connection)[name]
            self.connection.in_atomic_block = self.connection.needs_rollback = False
            self.connection.autocommit = True
            self.connection.savepoint_ids, self.connection.atomic_blocks = [], []
            self.connection.run_on_commit, self._committed = [], False

    def _execute(self, execute, sql, params, many, context):
        if self._next is not None or sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            return None
        if self.table in sql:
            in_transaction = not self.connection.autocommit
            self.show(self.take(Step("statement", sql, tuple(params or ()), in_transaction)))
        return execute(sql, params, many, context)

    def _set_autocommit(self, autocommit, *args, **kwargs):
        self.connection.autocommit = autocommit
        if autocommit and self._committed:
            self._committed = False
            self.connection.run_and_clear_commit_hooks()

    def _commit(self):
        self.take(Step("commit"))
        self._committed = self._next is None

    def _rollback(self):
        self.connection.run_on_commit = []
        self.take(Step("rollback"))

    def _columns(self):
        with self.connection.cursor() as cursor:
            return self.connection.introspection.get_table_description(cursor, self.table)


class StepCache(BaseCache):
    """A cache whose every operation is a step of ``machine``."""

    machine: Machine

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key, default=None, version=None):
        return self.machine.take(Step("cache", "get", (key,)))

    def add(self, key, value, timeout=None, version=None):
        return self.machine.take(Step("cache", "add", (key, value)))

    def set(self, key, value, timeout=None, version=None):
        return self.machine.take(Step("cache", "set", (key, value)))

    def lose(self, key):
        """Drop what is no word, as a cache does to make room."""
        self.machine.take(Step("cache", "lose", (key,)))

    def set_many(self, data, timeout=None, version=None):
        ((key, value),) = data.items()  # there is one session in these scenarios
        self.machine.take(Step("cache", "set", (key, value)))
        return []


class Actor(NamedTuple):
    """Where one of them is, and what it has written and not committed; mostly by number."""

    name: str
    place: int
    written: int
    began: bool = False
    waits_among: frozenset[Any] | None = None  # the keys that its waiting statement saw at first
    began_after: frozenset[Any] = frozenset()  # the keys that had ended before its first step


class State(NamedTuple):
    cache: int
    rows: int  # those that are committed
    known: frozenset[Any]  # the primary keys of all that were ever committed
    actors: tuple[Actor, ...]
    crashes_left: int = 0
    has_crashed: bool = False


class Fault(AssertionError):
    """Something that must not be, and the steps that lead there."""


class Explorer:
    """Goes through all states that can be reached from one, and asks of each what is wrong with it."""

    def __init__(
        self, machine: Machine, problem_of: Callable[[Explorer, State], str | None]
    ) -> None:
        self.machine = machine
        self.problem_of = problem_of
        self.states = 0
        self.rows: Numbered[Rows] = Numbered()
        self.caches: Numbered[tuple[tuple[str, Any], ...]] = Numbered()
        self.written: Numbered[Written] = Numbered()
        self._alone: dict[tuple[int, int, Code], Any] = {}

    def state(self, rows: Rows, codes: dict[str, Code], crashes: int = 0, cache: Any = ()) -> State:
        """Return a state in which actors, by their names, have yet to begin."""
        nothing = self.written.number(())
        actors = (Actor(name, self.machine.start(code), nothing) for name, code in codes.items())
        numbers = self.caches.number(cache), self.rows.number(rows)
        return State(*numbers, _keys(rows), tuple(actors), crashes)

    def explore(self, start: State) -> None:
        """Go through all states; raise Fault for the first with which something is wrong."""
        seen = {start}
        stack: list[tuple[State, Any]] = [(start, ())]
        while stack:
            state, path = stack.pop()
            following = list(self.following(state))
            problem = self.problem_of(self, state)
            if not following and any(actor.place != OVER for actor in state.actors):
                problem = "nobody can go on"
            if problem:
                raise Fault("\n".join([problem, *_readable(path)]))
            for label, then in following:
                if then not in seen:
                    seen.add(then)
                    stack.append((then, (label, path)))
        self.states += len(seen)

    def following(self, state: State) -> Iterator[tuple[tuple[str, Step | str], State]]:
        """Give each state that one step leads to, and whose step it is.

        Whoever is at an end is only that: how they got there makes no difference to the others.
        """
        for number, actor in enumerate(state.actors):
            if actor.place == OVER:
                continue
            step = self.machine.next_of(actor.place)
            if isinstance(step, Done):
                yield (actor.name, "ends"), _with(state, number, self._over(actor))
                continue
            then = self._after(state, number, step)
            if then is not None:
                yield (actor.name, step), then
            if state.crashes_left and actor.began:
                left = state._replace(crashes_left=state.crashes_left - 1, has_crashed=True)
                yield (actor.name, "crashes"), _with(left, number, self._over(actor))

    def done(self, actor: Actor) -> Done | None:
        """Return the result of an actor that has just come to its end."""
        if actor.place == OVER:
            return None
        step = self.machine.next_of(actor.place)
        return step if isinstance(step, Done) else None

    def _over(self, actor: Actor) -> Actor:
        return Actor(actor.name, OVER, self.written.number(()), began=True)

    def alone(self, state: State, code: Code) -> Any:
        """Return what some code returns that begins now, while all others stand still."""
        key = (state.cache, state.rows, code)
        if key not in self._alone:
            done = self.after_running(state, code).actors[0]
            self._alone[key] = self.machine.next_of(done.place).result  # type: ignore[union-attr]  # it has run
        return self._alone[key]

    def after_running(self, state: State, code: Code) -> State:
        """Return the state after some code has run to its end, without the other actors."""
        actor = Actor("alone", self.machine.start(code), self.written.number(()))
        state = state._replace(actors=(actor,))
        while isinstance(step := self.machine.next_of(state.actors[0].place), Step):
            then = self._after(state, 0, step)
            assert then, f"it waits for itself: {step}"
            state = then
        return state

    def _after(self, state: State, number: int, step: Step) -> State | None:
        """Return the state after a step; None for one that has to wait on."""
        actor = state.actors[number]
        if not actor.began:
            ended = state.known - _keys(self.rows[state.rows])
            actor = actor._replace(began=True, began_after=ended)
        if step.kind == "cache":
            return self._after_cache(state, number, actor, step)
        if step.kind == "statement":
            return self._after_statement(state, number, actor, step)
        written = self.written[actor.written]
        actor = actor._replace(
            place=self.machine.after(actor.place, None), written=self.written.number(())
        )
        return _with(
            self._committed(state, written) if step.kind == "commit" else state, number, actor
        )

    def _after_cache(self, state: State, number: int, actor: Actor, step: Step) -> State:
        content, key = dict(self.caches[state.cache]), step.arguments[0]
        answer: Any = None
        if step.what == "get":
            answer = content.get(key)
        elif step.what == "add":
            answer = key not in content
            content.setdefault(key, step.arguments[1])
        elif step.what == "lose":
            if isinstance(content.get(key), tuple):
                del content[key]
        else:
            content[key] = step.arguments[1]
        actor = actor._replace(place=self.machine.after(actor.place, answer))
        cache = tuple(sorted(content.items(), key=lambda item: item[0]))
        return _with(state._replace(cache=self.caches.number(cache)), number, actor)

    def _after_statement(self, state: State, number: int, actor: Actor, step: Step) -> State | None:
        before = self.written[actor.written]
        seen = _merged(self.rows[state.rows], before)
        if actor.waits_among is not None:
            seen = tuple(row for row in seen if row[0] in actor.waits_among)
        effect = self.machine.effect(step, seen)
        if {key for key, _row in effect} & self._locked(state, number):
            if actor.waits_among is not None:
                return None
            return _with(state, number, actor._replace(waits_among=_keys(seen)))
        actor = actor._replace(place=self.machine.after(actor.place, seen), waits_among=None)
        if not step.in_transaction:
            return _with(self._committed(state, effect), number, actor)
        written = tuple(sorted({**dict(before), **dict(effect)}.items(), key=lambda item: item[0]))
        return _with(state, number, actor._replace(written=self.written.number(written)))

    def _committed(self, state: State, written: Written) -> State:
        rows = _merged(self.rows[state.rows], written)
        return state._replace(rows=self.rows.number(rows), known=state.known | _keys(rows))

    def _locked(self, state: State, number: int) -> set[Any]:
        others = (actor for n, actor in enumerate(state.actors) if n != number)
        return {key for actor in others for key, _row in self.written[actor.written]}


def _keys(rows: Rows) -> frozenset[Any]:
    return frozenset(row[0] for row in rows)


def _merged(rows: Rows, written: Written) -> Rows:
    if not written:
        return rows
    merged: dict[Any, Row | None] = {row[0]: row for row in rows}
    merged.update(written)
    return tuple(
        row for _key, row in sorted(merged.items(), key=lambda item: item[0]) if row is not None
    )


def _with(state: State, number: int, actor: Actor) -> State:
    actors = (*state.actors[:number], actor, *state.actors[number + 1 :])
    return state._replace(actors=actors)


def _readable(path: Any) -> list[str]:
    labels = []
    while path:
        (name, step), path = path
        labels.append(f"{name}: {step}")
    return labels[::-1]
