"""Demos on odd frames with any allowed params, until their first picture; and what they give is drawn."""

import numpy as np
from fuzzing import limited
from judging import sentence, shown

from explainer.commands import bootstrap, offscreen
from explainer.contract.cases import cases
from explainer.contract.cases import shown as to_be_seen
from explainer.contract.runs import Scene, photo, run_scene
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.params import changed
from explainer.core.problem import Problem
from explainer.render import headless
from explainer.render.look import look

LIMITS = limited(cpu_s=60.0, memory_mb=1500)
SIZES = ((1, 1), (2, 2), (1, 4000), (4000, 1), (3, 200), (200, 3), (7, 5), (64, 64), (480, 640), (31, 33))
FAILED = "failed."
_engine = []


def prepare(_folder):
    """Qt for drawing, one engine for all cases, as in the window."""
    offscreen.application()
    _engine.append(bootstrap.engine())


def case(draw, _folder):
    """One demo; a temporal one sees two frames of one size, then one of another."""
    demo = draw.choice(bootstrap.demos().demos())
    card = bootstrap.zoo().card(Settings().model)
    params = demo.defaults()
    for one in draw.sample(demo.controls(), min(len(demo.controls()), draw.randrange(4))):
        params = to_be_seen(demo, one, params)
        tried = cases(one, card, getattr(params, one.name))
        if tried:
            params = changed(params, card, **{one.name: draw.choice(tried)})
    frames = _frames(draw)
    where = f"{demo.info.id} on {[f.pixels.shape for f in frames]} with {params}"
    try:
        outcome = run_scene(_engine[0], demo, params, Scene("odd", frames), Settings(seed=draw.randrange(3)), "first")
        _judged(outcome)
        for result in outcome.results[-1:]:
            _drawn(result)
    except BaseException as error:
        error.add_note(where)
        raise


def _judged(outcome):
    assert not outcome.problem or "Traceback" not in outcome.problem
    if outcome.problem:
        assert FAILED not in outcome.problem, outcome.problem
        assert "enough memory" not in outcome.problem, outcome.problem
        sentence(Problem(outcome.problem if outcome.problem.endswith(".") else outcome.problem + "."))
    for result in outcome.results:
        shown(result.reading.replace("\n", " "))
        assert all(np.isfinite(value) for value in result.values.values()), dict(result.values)


def _drawn(result):
    for panel in result.panels:
        assert not headless.panel_image(panel, look(), (200, 150)).isNull()
    for chart in result.charts:
        assert not headless.chart_image(chart, look(), (300, 180)).isNull()


def _frames(draw):
    size = draw.choice(SIZES)
    kind = draw.choice((_constant, _checkers, _noise, _ramp, _photo))
    frames = [Frame(kind(draw, size), "odd", index, index / 30) for index in range(2)]
    if draw.random() < 0.1:
        frames[1] = Frame(_noise(draw, draw.choice(SIZES)), "odd", 1, 1 / 30)
    return tuple(frames)


def _constant(draw, size):
    return np.full((*size, 3), draw.choice((0, 255, 127)), np.uint8)


def _checkers(_draw, size):
    return np.repeat(((np.indices(size).sum(0) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)


def _noise(draw, size):
    return np.random.default_rng(draw.getrandbits(32)).integers(0, 256, (*size, 3), np.uint8)


def _ramp(_draw, size):
    values = np.linspace(0, 255, size[0] * size[1]).reshape(size).astype(np.uint8)
    return np.stack([values, values.T.reshape(size), 255 - values], axis=2)


def _photo(draw, _size):
    return np.array(photo(draw.choice(("cat", "coffee", "rocket"))).pixels[:: draw.choice((1, 3))])
