"""One item ahead: order, exceptions, and how far ahead it works."""

import threading
import time

import pytest

from explainer.commands.ahead import ahead


def test_order_is_kept_and_the_thread_is_gone():
    assert list(ahead(iter(range(20)))) == list(range(20))
    assert list(ahead(iter([]))) == []
    assert list(ahead(iter([None, 0]))) == [None, 0]
    assert not [t for t in threading.enumerate() if t.name.startswith("explainer-ahead")]


def test_an_exception_comes_after_what_was_made_before_it():
    def broken():
        yield 1
        yield 2
        raise ValueError("third")

    got = []
    with pytest.raises(ValueError, match="third"):
        got.extend(ahead(broken()))
    got = []
    with pytest.raises(ValueError, match="third"):
        for item in ahead(broken()):
            got.append(item)
    assert got == [1, 2]


def test_it_works_while_the_last_is_used_and_never_two_ahead():
    made = []

    def items():
        for i in range(6):
            made.append(i)
            yield i

    for item in ahead(items()):
        until = time.monotonic() + 5
        while len(made) < min(item + 2, 6) and time.monotonic() < until:  # the next one is made meanwhile
            time.sleep(0.01)
        time.sleep(0.02)
        assert len(made) == min(item + 2, 6)


def test_stopping_early_ends_the_thread():
    run = ahead(iter(range(1000)))
    assert next(run) == 0
    run.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("explainer-ahead")]
