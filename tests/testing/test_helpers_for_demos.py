"""What authors of demos test with does what it says, and fails where it should."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest

from explainer.core.context import Context
from explainer.core.controls import Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.testing import FakeContext, bright, check_contract, fake_context, photo, planted, run_demo, tiny


@dataclass(frozen=True, slots=True)
class Params:
    gain: Annotated[float, Range(0.5, 2.0)] = 1.0


class Mean(Demo[Params]):
    """Mean brightness, and how many frames came."""

    info = DemoInfo(id="mean", title="Mean", topics=(1,), temporal=True, uses_model=False)

    def run(self, frame: Any, params: Params, ctx: Context) -> Result:
        count = (ctx.state or 0) + 1
        mean = params.gain * float(frame.pixels.mean())
        panel = Panel("Input", (frame.width, frame.height), (Image("picture", frame.pixels),))
        return Result(f"{mean:.1f}", {"mean": mean, "frames": float(count)}, (panel,), state=count)


class Failing(Mean):
    def run(self, frame: Any, params: Params, ctx: Context) -> Result:
        raise ZeroDivisionError("no such luck")


class Forgetful(Mean):
    """Differs from run to run."""

    rng = np.random.default_rng()

    def run(self, frame: Any, params: Params, ctx: Context) -> Result:
        return Result("1", {"mean": float(self.rng.random())}, super().run(frame, params, ctx).panels)


@pytest.mark.parametrize("context", [None, tiny()], ids=["engine", "context"])
def test_a_demo_runs_over_its_frames_in_order(context: FakeContext | None) -> None:
    frames = [photo(seed=n) for n in range(3)]
    values = run_demo(Mean(), frames, context, gain=2).values
    assert values == {"mean": 2 * float(frames[-1].pixels.mean()), "frames": 3.0}


def test_what_goes_wrong_is_an_error_with_its_cause() -> None:
    with pytest.raises(AssertionError, match="no such luck"):
        run_demo(Failing())
    with pytest.raises(ZeroDivisionError):
        run_demo(Failing(), context=tiny())
    with pytest.raises(ValueError, match="gain"):
        run_demo(Mean(), gain=9)


def test_the_contract_is_held() -> None:
    assert check_contract(Mean()) == []
    assert any("second run differs" in text for text in check_contract(Forgetful(), quick=True))


def test_a_context_notes_what_is_done_with_it() -> None:
    ctx = fake_context(seed=4)
    partial = Result("…", {"a": 1.0}, partial=True)
    ctx.checkpoint()
    ctx.progress(0.5, "half")
    ctx.publish(partial)
    with ctx.stage("model"), ctx.model("any") as net:
        assert ctx.memo("key", lambda: net) is ctx.memo("key", lambda: None) is net
    assert (ctx.checkpoints, ctx.progressed, ctx.published, ctx.stages) == (1, [(0.5, "half")], [partial], ["model"])
    assert ctx.rng.random() == np.random.default_rng(4).random()
    with pytest.raises(AssertionError):
        ctx.progress(1.5)
    with pytest.raises(AssertionError):
        ctx.publish(Result("…", {"a": 1.0}))


def test_small_networks_answer_for_their_cards() -> None:
    for ctx in (tiny(), bright()):
        with ctx.model() as net:
            logits = net.logits(net.prepare(photo()).tensor)
            assert logits.shape == (1, len(ctx.card.labels))
            for layer in ctx.card.layers:
                assert net.split(net.prepare(photo()).tensor, layer.name).activation.shape == (1, *layer.shape)
    with bright().model() as net:
        dark, light = (net.logits(net.prepare(planted(64, 64, 0, 0, side)).tensor)[0] for side in (1, 64))
    assert int(dark.argmax()) == 0 and int(light.argmax()) == 1


def test_importing_them_loads_no_torch() -> None:
    code = "import sys, explainer.testing; assert not {'torch', 'torchvision', 'pytest'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
