"""Torch's libraries are mapped without Python's global lock."""

import _ctypes
import subprocess
import sys

import pytest

from explainer.vision import torch_libraries

SCRIPT = """
import sys
import cv2  # sets LD_LIBRARY_PATH
from explainer.vision import torch_libraries

torch_libraries.load()
assert "torch" not in sys.modules
assert "libtorch_python" in open("/proc/self/maps").read()
import torch
assert float(torch.ones(3).sum()) == 3.0
torch_libraries.load()  # and does nothing the second time
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; elsewhere torch maps its libraries by itself")
def test_libraries_are_mapped_before_torch_is_imported_and_torch_works():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there torch maps its libraries by itself")
def test_they_are_mapped_by_a_call_that_lets_go_of_pythons_lock():
    assert not torch_libraries._dlopen()._flags_ & _ctypes.FUNCFLAG_PYTHONAPI


def test_where_other_cuda_libraries_come_first_torch_looks_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}:")
    assert not torch_libraries._other_cuda()
    (tmp_path / "libcublas.so.13").touch()
    assert torch_libraries._other_cuda()
