"""What a demo's author needs to test it, also in a package of his own: frames, contexts with small networks, runs.

Nothing of the program imports this room.
"""

from explainer.testing.context import FakeContext, bright, fake_context, tiny
from explainer.testing.frames import photo, planted, sample
from explainer.testing.running import check_contract, run_demo

__all__ = [
    "FakeContext", "bright", "check_contract", "fake_context", "photo", "planted", "run_demo", "sample", "tiny",
]  # fmt: skip
