"""Map torch's libraries into the program without holding up its other threads.

``import torch`` maps half a gigabyte of libraries while it holds Python's global lock, and the window stands still
for as long. A function of the C library that is called through ctypes runs without that lock.
"""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from explainer.vision.zoo.threads import wait_briefly

NAMES = ("global_deps", "python")  # the first brings the CUDA libraries, for all to see
ENDINGS = {"linux": "so", "darwin": "dylib"}  # on Windows torch maps its libraries without the lock itself


def load() -> None:
    """Map them now, in this thread. Where that fails, ``import torch`` does it and tells what is wrong."""
    wait_briefly()
    found = importlib.util.find_spec("torch") if "torch" not in sys.modules else None
    ending = ENDINGS.get(sys.platform)
    if found is None or found.origin is None or ending is None or _other_cuda():
        return
    dlopen = _dlopen()
    for name in NAMES:
        path = Path(found.origin).parent / "lib" / f"libtorch_{name}.{ending}"
        scope = os.RTLD_GLOBAL if name == "global_deps" else os.RTLD_LOCAL
        if path.is_file():
            dlopen(os.fsencode(path), os.RTLD_NOW | scope)


def _dlopen() -> Any:
    """Return the C library's own, which ctypes calls without the lock (``ctypes.CDLL(path)`` would hold it)."""
    found = ctypes.CDLL(None).dlopen
    found.argtypes, found.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    return found


def _other_cuda() -> bool:
    """Whether other CUDA libraries would be found first; torch knows in which order to look then."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)  # OpenCV adds its own, which holds none
    return any(next(Path(folder).glob("libcu*.so*"), None) is not None for folder in folders if folder)
