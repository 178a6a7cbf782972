"""Threads of torch: set where the computing is done, and its waiting loops kept short."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from explainer.vision.zoo import threads
from explainer.vision.zoo.threads import TorchThreads, wait_briefly


def test_what_is_set_is_in_force_in_the_thread_that_computes():
    def compute() -> tuple[int, int]:
        chosen = TorchThreads()
        chosen.use(2, 2)
        first = torch.get_num_threads()
        chosen.use(1, 2)
        return first, torch.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(compute).result() == (2, 1)
    assert torch.get_num_threads() == 1


def test_no_more_than_the_process_is_allowed():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert TorchThreads(1).most() == 1
        assert TorchThreads(8).most() == 2
        assert TorchThreads().most() == 2
    finally:
        torch.set_num_threads(before)


def test_a_lease_keeps_what_is_in_force_and_the_users_number_goes_first():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    chosen = TorchThreads()
    try:
        chosen.lend(0)
        assert (torch.get_num_threads(), chosen.in_force, chosen.of) == (2, 2, 2)
        chosen.use(1, 2)
        chosen.lend(0)
        assert (torch.get_num_threads(), chosen.in_force, chosen.of) == (1, 1, 2)
        chosen.lend(1)
        assert (chosen.in_force, chosen.of) == (1, 1)
        chosen.lend(0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("machine", "spins"), [("x86_64", str(threads.SPINS)), ("AMD64", str(threads.SPINS)), ("arm64", None)]
)
def test_openmp_is_told_to_wait_briefly(monkeypatch, machine, spins):
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(threads.platform, "machine", lambda: machine)
    wait_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == spins
    assert os.environ["KMP_BLOCKTIME"] == "1"


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setenv("KMP_BLOCKTIME", "8")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    wait_briefly()
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["KMP_BLOCKTIME"]) == ("7", "8")


def test_a_policy_of_the_users_is_the_whole_of_it(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    for name in ("GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    wait_briefly()
    assert "GOMP_SPINCOUNT" not in os.environ
    assert "KMP_BLOCKTIME" not in os.environ


def test_the_program_tells_openmp_before_torch_is_loaded():
    told = (
        "import os, sys; from explainer.cli import main; main(['--version']); "
        "print('torch' in sys.modules, os.environ['KMP_BLOCKTIME'])"
    )
    free = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "KMP_BLOCKTIME")}
    done = subprocess.run([sys.executable, "-c", told], env=free, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False 1"
