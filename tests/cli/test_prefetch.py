"""One item ahead: order, exceptions, and how far ahead it works."""

import threading

import pytest

from explainer.commands.prefetch import prefetch


def test_order_is_kept_and_the_thread_is_gone():
    assert list(prefetch(iter(range(20)))) == list(range(20))
    assert list(prefetch(iter([]))) == []
    assert list(prefetch(iter([None, 0]))) == [None, 0]
    assert not [t for t in threading.enumerate() if t.name.startswith("explainer-prefetch")]


def test_an_exception_comes_after_what_was_made_before_it():
    def broken():
        yield 1
        yield 2
        raise ValueError("third")

    got = []
    with pytest.raises(ValueError, match="third"):
        got.extend(prefetch(broken()))
    got = []
    with pytest.raises(ValueError, match="third"):
        for item in prefetch(broken()):
            got.append(item)
    assert got == [1, 2]


def test_it_works_while_the_last_is_used_and_never_two_ahead():
    made = []
    begun = [threading.Event() for _ in range(7)]

    def items():
        for i in range(6):
            made.append(i)
            begun[i].set()
            yield i

    for item in prefetch(items()):
        assert item == 5 or begun[item + 1].wait(60)  # the next one is made meanwhile
        assert made == list(range(min(item + 2, 6)))  # and none after it: nobody has asked for that yet


def test_stopping_early_ends_the_thread():
    run = prefetch(iter(range(1000)))
    assert next(run) == 0
    run.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("explainer-prefetch")]
