"""Threads that torch computes with, and how they wait for one another."""

import os
import platform

SPINS = 10_000
"""How often GNU's OpenMP looks whether the others are done before it sleeps; its own default is 300,000.

A pass of EfficientNet-Lite0 with two threads takes as long with 5,000 and more as with the default on two quiet cores,
and half as long again with 2,000 and fewer. With two other processes beside it, it takes 8 times as long with 5,000,
13 times with 10,000, and 70 to 100 times with the default: that is what is lost until fewer threads are used.
"""

BLOCK_MS = 1
"""How long LLVM's and Intel's OpenMP (macOS, Windows, conda) look before they sleep; their own default is 200."""


def wait_briefly() -> None:
    """Say so to the OpenMP that torch brings; of use only before torch is loaded. What the user has set stays."""
    if "OMP_WAIT_POLICY" in os.environ:
        return
    if platform.machine().lower() in ("x86_64", "amd64"):  # elsewhere a look is so short that the default is fine
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
    os.environ.setdefault("KMP_BLOCKTIME", str(BLOCK_MS))


class TorchThreads:
    """Implements `explainer.core.context.Threads`. Torch keeps the number for each thread that computes.

    Attributes
    ----------
    in_force, of
        What was set last, and what would be used on a quiet machine; 0 before torch has computed.
    """

    def __init__(self, allowed: int = 0) -> None:
        self._allowed = allowed
        self._most = self.in_force = self.of = 0

    def most(self) -> int:
        """What torch chose by itself, and no more than this process is allowed."""
        if not self._most:
            own = self.now()
            self._most = min(own, self._allowed) if self._allowed else own
        return self._most

    def now(self) -> int:
        """Threads that torch would use in this thread."""
        import torch

        return int(torch.get_num_threads())

    def use(self, number: int, of: int) -> None:
        """Let torch use `number` in this thread."""
        import torch

        if number != torch.get_num_threads():
            torch.set_num_threads(number)
        self.in_force, self.of = number, of

    def lend(self, wanted: int) -> None:
        """Use what the session wants, or else what is in force."""
        if wanted:
            self.use(wanted, wanted)
        else:
            most = self.most()
            self.use(self.in_force if self.in_force > 0 and self.of == most else most, most)
