"""Attribution bench: many methods, one picture, and the tests that tell them apart."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import Annotated, Any

import numpy as np

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, LayerName, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.memo import memo_name
from explainer.core.parts import Part
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.subject import Subject, ask
from explainer.core.way import Way
from explainer.demos.explained import _forgetting as forgetting
from explainer.demos.explained._bench_tests import NAMES, Board, Map, Method, agreement_chart, faithfulness
from explainer.demos.explained._bench_words import headline, told

SHARED = ("integrated-gradients", "deeplift", "lrp-epsilon", "lrp-gamma", "lrp-alpha-beta")  # these promise a sum
COSTS = {"draw": 1.0, "forget": 1.0, "test": 2.0}  # parts of a run, in turn, and about how long they take
QUICK = (
    "gradient",
    "gradient-x-input",
    "guided-backprop",
    "deconvnet",
    "grad-cam",
    "grad-cam-pp",
    "hirescam",
    "layercam",
)
"""Methods that need one pass back; they are drawn first, so that there is something to see at once."""
MOST = 8  # panels beside the picture that can still be told apart


class Effort(Choice):
    """Effort."""

    QUICK = "quick", "Quick"
    USUAL = "usual", "Usual"
    THOROUGH = "thorough", "Thorough"


@dataclass(frozen=True, slots=True)
class Params:
    """Who takes part, and in what."""

    target: Annotated[ClassIndex, Doc("Class", "Whose score is explained.")] = TOP_1
    layer: Annotated[LayerName, Doc("Layer", "Where class activation maps look.")] = LAST
    effort: Annotated[
        Effort, Doc("Effort", "Steps, copies, windows and masks of the methods that repeat themselves.")
    ] = Effort.USUAL
    randomise: Annotated[
        int,
        Doc(
            "Randomised layers",
            "Parameter randomisation, from the top: a map that stays does not show what was learnt.",
        ),
        Range(0, 20, step=1),
    ] = 1
    controls: Annotated[bool, Doc("Test them", "Insertion, deletion and ROAD, beside random maps and mere edges.")] = (
        False
    )
    check: Annotated[bool, Doc("Ask captum", "Computes the maps a second time with captum, where it can.")] = False
    methods: Annotated[tuple[Method, ...], Doc("Methods", "Two to eight; of more, the first eight are shown.")] = (
        Method.GRADIENT, Method.SMOOTHGRAD, Method.GUIDED_BACKPROP, Method.GRAD_CAM,
    )  # fmt: skip


class AttributionBench(Demo[Params]):
    """Maps side by side, how alike they are, and what tests say of them."""

    info = DemoInfo(
        id="attribution-bench", title="Attribution bench", topics=(45,), sample="dog",
        summary="Up to eight explanations of one picture, and tests that tell them apart.",
        papers=(
            "simonyan2014", "smilkov2017", "sundararajan2017", "shrikumar2017", "springenberg2015", "zeiler2014",
            "bach2015", "selvaraju2017", "petsiuk2018", "ribeiro2016", "lundberg2017", "adebayo2018", "rong2022",
            "kokhlikyan2020",
        ),
        cost=Cost(forwards=20, backwards=19),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw one map after the other, then test them."""
        with ctx.model() as net:
            about = ask(net, frame, params.target, ctx)
            if not params.methods:
                note = "0 methods are chosen; take at least one, two make a comparison."
                return about.result(Part((), (), (note,), {"maps": 0.0}))
            return _Bench(about, net, params, ctx).result()


class _Bench:
    """One run: the maps so far and what is known of them."""

    def __init__(self, about: Subject, net: Any, params: Params, ctx: Context) -> None:
        self.about, self.net, self.params, self.ctx = about, net, params, ctx
        asked = (True, bool(params.randomise), params.controls)
        self.way = Way(ctx.progress, dict(compress(COSTS.items(), asked)))
        self.maps: dict[str, Map] = {}
        self.board = Board()
        self.refused: list[str] = []
        self.badges: list[str] = []
        self.others: dict[str, Map] = {}

    def result(self) -> Result:
        """All maps, all tests that were asked for."""
        network = self.net.network()
        chosen = _quick_first(self.params.methods[:MOST])
        with self.ctx.stage("explain"):
            for number, method in enumerate(chosen):
                self.way.tell("draw", number / len(chosen), NAMES[method])
                self._draw(method, network, number)
                self._put_in_order()
                if number + 1 < len(chosen):
                    self.ctx.publish(self._so_far(partial=True))
        if self.params.randomise:
            self._forget()
        if self.params.controls:
            self.ctx.publish(self._so_far(partial=True))
            tested = {method: _testable(method, heat, self.params.effort) for method, heat in self.maps.items()}
            tell = partial(self.way.tell, "test")
            for _ in faithfulness(self.about, network, tested, self.board, self.ctx, tell):
                self.ctx.publish(self._so_far(partial=True))
        return self._so_far()

    def _put_in_order(self) -> None:
        """Maps and rows as the methods were asked for, in whatever order they were made."""
        wanted = self.params.methods[:MOST]
        self.maps = {method: self.maps[method] for method in wanted if method in self.maps}
        rows = self.board.rows
        self.board.rows = {name: rows[name] for name in sorted(rows, key=lambda n: wanted.index(Method(n)))}

    def _draw(self, method: str, network: Any, number: int) -> None:
        asked = self._question(network)

        def show(heat: Map, share: float) -> None:
            self._publish(method, heat)
            self.way.tell("draw", (number + share) / len(self.params.methods[:MOST]), NAMES[method])

        shown = replace(asked, show=show)
        try:
            self.maps[method] = self._map(method, shown, ("trained",))
        except ExplainerError as error:
            self.refused.append(f"{NAMES[method]}: {error.problem.what}")
            return
        self.board.note(method, kept=self._kept(method))
        if self.params.check:
            self.ctx.publish(self._so_far(partial=True))
            self._ask_captum(method, asked)

    def _publish(self, method: str, heat: Map) -> None:
        before = self.maps
        self.maps = {**before, method: heat}
        self.ctx.publish(self._so_far(partial=True))
        self.maps = before

    def _map(self, method: str, asked: Any, of: tuple[Any, ...]) -> Map:
        from explainer.vision.attribution.methods import answer

        key = ("map", method, *memo_name(self.ctx), *of, asked.class_index, asked.layer, asked.effort, asked.seed)
        heat: Map = self.ctx.memo(key, lambda: answer(method, asked))
        return np.nan_to_num(heat, nan=0.0, posinf=0.0, neginf=0.0)

    def _question(self, network: Any) -> Any:
        from explainer.vision.attribution.methods import Question

        about, card = self.about, self.about.card
        layer = card.layer(self.params.layer).name
        return Question(
            network, about.x, about.index, layer, card.title, card.mean, card.std, self.ctx.seed, self.params.effort,
            self.ctx.checkpoint,
        )  # fmt: skip

    def _forget(self) -> None:
        from explainer.vision.metrics.similarity import spearman

        twin, count = forgetting.forgetful(self.net, self.params.randomise, self.ctx)
        for number, method in enumerate(_quick_first(tuple(self.maps))):
            heat = self.maps[method]

            def tell(_heat: Map | None, share: float, at: int = number, name: str = NAMES[method]) -> None:
                self.way.tell("forget", (at + share) / len(self.maps), f"{name}, forgetful")

            tell(None, 0.0)
            asked = replace(self._question(twin), show=tell)
            other = self._map(method, asked, ("randomised", count))
            self.others[method] = other
            self.board.note(method, forgotten=spearman(heat, other))
            self.ctx.publish(self._so_far(partial=True))

    def _kept(self, method: str) -> float | None:
        """Sum of the map over what it promises to share out; ``None`` where it promises nothing."""
        if method not in SHARED:
            return None
        promised = float(self.about.logits[self.about.index])
        if not method.startswith("lrp"):
            promised -= self.ctx.memo(("black", *memo_name(self.ctx), self.about.index), self._black)
        return float(self.maps[method].astype(np.float64).sum()) / promised if promised else None

    def _black(self) -> float:
        """Logit of a black picture."""
        from explainer.vision.attribution.methods import limits

        black = limits(self.about.x, self.about.card.mean, self.about.card.std)[0]
        return float(self.net.logits(black)[0, self.about.index])

    def _ask_captum(self, method: str, asked: Any) -> None:
        from explainer.vision.attribution.oracle import deviation

        found = deviation(method, asked, self.maps[method])
        if found is not None:
            self.board.note(method, captum=found)
            how = f"agrees with captum to {found:.0e} of its maximum" if found else "is captum's to the last bit"
            self.badges.append(f"{NAMES[method]} {how}")

    def _so_far(self, *, partial: bool = False) -> Result:
        panels = [self._panel(m, h) for m, h in self.maps.items()]
        said, stars = headline(self.about.label, self.maps, self.board, self.params.randomise, partial)
        heroes = [self._panel(m, self.maps[m]).slug for m in stars]
        if len(stars) == 1 and stars[0] in self.others:
            same = self._panel(stars[0], self.others[stars[0]])
            panels.append(replace(same, title=f"{same.title}, randomised", note="what the layers learnt is gone"))
            heroes.append(panels[-1].slug)
        part = Part(
            tuple(panels),
            self._charts(),
            *told(self.about.label, self.maps, self.board, self.refused, self.params.randomise),
            tuple(self.badges),
            headline=said,
            heroes=tuple(heroes),
        )
        known = Part(values=self.about.opening().values)
        return (known + part).result(input=self.about.x.cpu().numpy(), partial=partial)

    def _panel(self, method: str, heat: Map) -> Panel:
        from explainer.vision.attribution.methods import SIGNED
        from explainer.vision.metrics.heat import upper_limit

        fine = heat.shape == tuple(self.about.x.shape[2:])
        limit = upper_limit(heat, 0.99 if fine else 1.0)
        note = "" if fine else words.cells(heat.shape)
        return self.about.heat_panel(NAMES[method], heat, note, limit=limit, signed=method in SIGNED)

    def _charts(self) -> tuple[Any, ...]:
        tests = self.board.charts()
        return (*tests, agreement_chart(self.maps)) if len(self.maps) > 1 else tests


def _quick_first(methods: tuple[str, ...]) -> list[str]:
    return sorted(methods, key=lambda method: method not in QUICK)


def _testable(method: str, heat: Map, effort: Effort) -> Map:
    """Bring a map that is drawn finer than it knows to as many cells as it knows, as its rivals will have."""
    from explainer.vision.attribution.methods import cells_of
    from explainer.vision.metrics.heat import on_grid

    side = cells_of(method, effort)
    return on_grid(heat, (side, side)) if side and side < heat.shape[0] else heat
