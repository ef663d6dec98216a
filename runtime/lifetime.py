"""When a device may be called: from any thread, until it is closed, and not while it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident, local
from typing import Any

from clawc.runtime.errors import DeviceClosed


class Lifetime:
    """Counts the calls in progress; closing waits for those of other threads."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.threads: set[int] = set()  # that are in a call
        self.inside = local()  # `depth`: how deep in calls this thread is
        self.closing_thread: int | None = None
        self.is_closed = False
        self.on_enter: Callable[[], None] | None = None  # what a thread does first in its calls

    def enter(self, name: str) -> None:
        """A call begins; DeviceClosed unless it is part of one that was allowed."""
        depth = getattr(self.inside, "depth", 0)
        if not depth:
            thread = get_ident()
            with self.changed:
                if self.is_closed and thread != self.closing_thread:
                    raise DeviceClosed(f"{name} was closed; open it again")
                self.threads.add(thread)
            if self.on_enter is not None:
                try:
                    self.on_enter()
                except BaseException:
                    self.leave_last()
                    raise
        self.inside.depth = depth + 1

    def leave(self) -> None:
        """A call ends."""
        self.inside.depth -= 1
        if not self.inside.depth:
            self.leave_last()

    def leave_last(self) -> None:
        with self.changed:
            self.threads.discard(get_ident())
            self.changed.notify_all()

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """A call that others are part of."""
        self.enter(name)
        try:
            yield
        finally:
            self.leave()

    def begin_close(self) -> bool:
        """Whether this thread has to close, once no other is in a call: the first one that asks,
        with what it calls to do so."""
        thread = get_ident()
        with self.changed:
            if self.is_closed:
                return thread == self.closing_thread
            self.is_closed, self.closing_thread = True, thread
            self.changed.wait_for(lambda: not self.threads - {thread})
        return True

    def end_close(self) -> None:
        with self.changed:
            self.closing_thread = None


def while_open(method: Callable[..., Any]) -> Callable[..., Any]:
    """A device's method, which is refused once the device is closed."""

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        if getattr(self.lifetime.inside, "depth", 0):  # part of a call that was allowed
            return method(self, *arguments, **named)
        self.lifetime.enter(self.name)
        try:
            return method(self, *arguments, **named)
        finally:
            self.lifetime.leave()

    return call


def unless_closed(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same for what gives back: closing has given it back already."""
    checked = while_open(method)

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return checked(self, *arguments, **named)
        except DeviceClosed:
            return None

    return call


def once(method: Callable[..., Any]) -> Callable[..., Any]:
    """A device's `close`, which does nothing the second time."""

    @functools.wraps(method)
    def call(self: Any) -> None:
        nested = self.lifetime.closing_thread == get_ident()
        if not self.lifetime.begin_close():
            return
        try:
            method(self)
        finally:
            if not nested:
                self.lifetime.end_close()

    return call
