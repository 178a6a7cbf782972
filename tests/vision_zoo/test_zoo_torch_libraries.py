"""Torch's libraries are mapped without Python's global lock."""

import subprocess
import sys

import pytest

from explainer.vision import torch_libraries

SCRIPT = """
import threading, time
import cv2  # sets LD_LIBRARY_PATH
from explainer.vision import torch_libraries

assert "torch" not in __import__("sys").modules
gaps, last, done = [], time.perf_counter(), threading.Event()
thread = threading.Thread(target=lambda: (torch_libraries.load(), done.set()))
thread.start()
began = last
while not done.is_set():
    time.sleep(0.001)
    now = time.perf_counter()
    gaps.append(now - last)
    last = now
whole = last - began
mapped = open("/proc/self/maps").read()
assert "libtorch_python" in mapped
assert max(gaps) < 0.5 * whole or whole < 0.1, (max(gaps), whole)
import torch
assert float(torch.ones(3).sum()) == 3.0
torch_libraries.load()  # and does nothing the second time
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; elsewhere torch maps its libraries by itself")
def test_others_go_on_while_libraries_are_mapped_and_torch_works():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)


def test_where_other_cuda_libraries_come_first_torch_looks_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}:")
    assert not torch_libraries._other_cuda()
    (tmp_path / "libcublas.so.13").touch()
    assert torch_libraries._other_cuda()
