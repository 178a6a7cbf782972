"""Which process of which machine left a file behind."""

import os
import platform
from functools import cache
from zlib import crc32

_STILL_ACTIVE, _QUERY = 259, 0x1000


@cache
def machine() -> str:
    """Eight hexadecimal digits for this machine, so that a shared folder's other users are told apart."""
    return f"{crc32(platform.node().encode('utf-8', 'replace')):08x}"


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine; one that may not be asked counts as alive."""
    if os.name == "nt":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """``os.kill(pid, 0)`` would send Ctrl+C there."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(_QUERY, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return not known or code.value == _STILL_ACTIVE
