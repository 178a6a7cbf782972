"""Passes stop when the token says so, and nothing is left hooked."""

import threading

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_module

from explainer.core.problem import Cancelled
from explainer.vision.zoo.cancelling import cancel_scope


class FakeToken:
    """Counts how often it is asked; raises once it was cancelled."""

    def __init__(self, after=None):
        self.asked = 0
        self.after = after
        self.cancelled = threading.Event()

    def check(self):
        self.asked += 1
        if self.after is not None and self.asked > self.after:
            self.cancelled.set()
        if self.cancelled.is_set():
            raise Cancelled


class Step(nn.Module):
    """Counts its forward and backward passes; `gate` is called in each."""

    def __init__(self, log, gate=lambda: None):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.1))
        self.log, self.gate = log, gate

    def forward(self, x):
        self.log.append("forward")
        self.gate()
        out = x * self.weight
        if out.requires_grad:
            out.register_hook(lambda g: self.log.append("backward"))
        return out


def deep(log, gate=lambda: None, count=50):
    return nn.Sequential(*[Step(log, gate) for _ in range(count)])


def hooks():
    return len(torch_module._global_forward_pre_hooks) + len(torch_module._global_forward_hooks)


def test_forward_stops_at_the_next_module():
    log = []
    net, token = deep(log), FakeToken(after=21)  # one question is the container's
    with pytest.raises(Cancelled), cancel_scope(token):
        net(torch.ones(3))
    assert len(log) == 20


def test_backward_stops_on_the_way():
    log = []
    net, token = deep(log), FakeToken()
    with cancel_scope(token):
        y = net(torch.ones(3)).sum()
        token.after = token.asked + 10
        with pytest.raises(Cancelled):
            torch.autograd.grad(y, list(net.parameters()))
    assert 8 <= log.count("backward") <= 12


def test_without_a_token_both_run_to_the_end():
    log = []
    net = deep(log)
    y = net(torch.ones(3)).sum()
    torch.autograd.grad(y, list(net.parameters()))
    assert log.count("forward") == 50
    assert log.count("backward") == 50


@pytest.mark.parametrize("armed", [True, False])
def test_cancelled_from_another_thread_while_it_runs(armed):
    log, token, inside, go_on = [], FakeToken(), threading.Event(), threading.Event()

    def gate():
        if len(log) == 5:
            inside.set()
            assert go_on.wait(10)

    ended = []

    def work():
        net = deep(log, gate)
        try:
            if armed:
                with cancel_scope(token), torch.no_grad():
                    net(torch.ones(3))
            else:
                net(torch.ones(3))
            ended.append("done")
        except Cancelled:
            ended.append("cancelled")

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(10)
    token.cancelled.set()
    go_on.set()
    thread.join(10)
    assert ended == (["cancelled"] if armed else ["done"])
    assert len(log) == (5 if armed else 50)


def test_a_kept_graph_listens_to_the_job_that_uses_it():
    log = []
    net, old, new = deep(log), FakeToken(), FakeToken()
    with cancel_scope(old):
        y = net(torch.ones(3)).sum()
    old.cancelled.set()
    with cancel_scope(new):
        torch.autograd.grad(y, list(net.parameters()), retain_graph=True)
    assert new.asked > 40
    torch.autograd.grad(y, list(net.parameters()))  # and to nobody when nobody asks
    assert log.count("backward") == 100


def test_other_threads_do_not_hear_of_it():
    token = FakeToken()
    token.cancelled.set()
    log = []
    with cancel_scope(token):
        thread = threading.Thread(target=lambda: deep(log)(torch.ones(3)))
        thread.start()
        thread.join(10)
    assert len(log) == 50


def test_inner_token_counts_and_the_outer_one_comes_back():
    outer, inner = FakeToken(), FakeToken()
    net = nn.Identity()
    with cancel_scope(outer):
        with cancel_scope(inner):
            net(torch.ones(1))
        assert (outer.asked, inner.asked) == (0, 1)
        net(torch.ones(1))
        assert (outer.asked, inner.asked) == (1, 1)


def test_nothing_stays_hooked_and_the_callers_tensor_is_not_touched():
    before = hooks()
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(ZeroDivisionError), cancel_scope(FakeToken()):
        deep([])(x)
        assert hooks() == before + 1
        raise ZeroDivisionError
    assert hooks() == before
    assert not x._backward_hooks
