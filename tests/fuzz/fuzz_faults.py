"""One fault for each seed, to see that each is found."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from fuzzing import limited

LIMITS = limited(cpu_s=0.5, memory_mb=200)
GRUMBLES = "libfault: "


def case(draw, folder):
    """The fault that the first number of the seed asks for."""
    fault = {draw.__class__(seed).random(): act for seed, act in FAULTS.items()}.get(draw.random(), nothing)
    fault(folder)


def nothing(folder):
    (folder / "inside").write_text("x")
    os.write(2, b"libfault: this one is known\n")


def raises(_folder):
    raise KeyError("x")


def aborts(_folder):
    os.abort()


def writes_outside(folder):
    outside = Path(folder).parent.parent / "outside"
    outside.write_text("x")


def starts_a_program(_folder):
    subprocess.run([sys.executable, "-c", ""], check=True)


def complains(_folder):
    os.write(2, b"something to a developer\n")


def warns(_folder):
    logging.getLogger("x").warning("odd")


def runs_away(_folder):
    while True:
        pass


def takes_memory(_folder):
    np.ones(400 << 20, np.uint8)


FAULTS = {
    1: raises,
    2: aborts,
    3: writes_outside,
    4: starts_a_program,
    5: complains,
    6: warns,
    8: runs_away,
    9: takes_memory,
}
