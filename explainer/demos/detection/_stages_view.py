"""What the stages of a detector show and say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Graph, Node
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Cells, Heat, Image, Label, Layer, Mask, Panel, Points
from explainer.core.numbers import numbers
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.detection.composed_scenes import Scene
    from explainer.vision.detection.stages import Found, Stages

MOST_OBJECTS, MASKED, NAMED = 50, 30, 8  # objects that are kept, drawn with masks, and all named
TRUE_FROM = 0.5
DRAWN, CHANNELS, WEAK = 150, 16, -2
TRAINED_ON = "Trained on composed scenes: it knows digits, seven garments and coins, nothing else"
SPENT = {
    "maps": ("resize", "backbone", "pyramid"), "objectness": ("region head",),
    "proposals": ("candidates", "suppression"), "roialign": ("RoIAlign",), "classes": ("box head", "choice"),
    "masks": ("mask head",),
}  # fmt: skip
"""Which of the measured times belong to a stage of the chain."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at."""

    stage: str
    level: int
    pick: int
    mask_from: float
    score: float


@dataclass(frozen=True, eq=False)
class Seen:
    """One picture in all stages; `scene` is what was laid on it, `rows` ``(N,)`` are its proposals."""

    frame: Frame
    scene: Scene | None
    found: Stages
    rows: NDArray[np.int64]
    objects: Found
    labels: tuple[str, ...]
    shipped: bool

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What the network saw."""
        return self.frame.pixels if self.scene is None else self.scene.pixels

    def in_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
        """Pixels of the resized picture to frame pixels."""
        w, h = self.found.size
        return np.asarray(np.asarray(boxes, np.float64) * np.array([self.frame.width / w, self.frame.height / h] * 2))

    def name(self, label: int) -> str:
        """Name of a class, fit to stand in a sentence."""
        return self.labels[label] if label < len(self.labels) else str(label)

    @cached_property
    def hits(self) -> tuple[int, int] | None:
        """How many objects are right (class, and IoU of at least a half), of how many; ``None`` where unknown."""
        from explainer.vision.detection.matching import hits, iou_table

        if self.scene is None or not len(self.scene):
            return None
        boxes = self.in_frame(self.objects.boxes).astype(np.float32)
        table = iou_table(self.scene.boxes, boxes) * (self.scene.labels[:, None] == self.objects.labels)
        return hits(table, TRUE_FROM), len(self.scene)

    def panel(self, title: str, layers: list[Layer], note: str) -> Panel:
        """What the network saw, and layers over it."""
        return Panel(title, (self.frame.width, self.frame.height), (Image("picture", self.pixels), *layers), note)


class Shown:
    """The panels of one look."""

    def __init__(self, seen: Seen, look: Look) -> None:
        self.seen, self.look, self.found, self.objects = seen, look, seen.found, seen.objects
        self.at = min(look.pick, len(seen.objects)) - 1  # the object that is followed; −1 if nothing was found
        self.level = min(look.level, len(seen.found.objectness)) - 1
        best = int(seen.rows[0]) if len(seen.rows) else -1
        self.row = int(seen.objects.rows[self.at]) if self.at >= 0 else best  # the candidate that is followed
        self.stage = "classes" if look.stage == "masks" and not seen.found.has_masks else look.stage

    def panels(self) -> tuple[Panel, ...]:
        """What is found in the end, then what the stage has: the first of these is a hero too."""
        makers = {
            "maps": self.maps, "objectness": self.objectness, "proposals": self.proposals, "roialign": self.roialign,
            "classes": self.classes, "masks": self.masks,
        }  # fmt: skip
        return (self.objects_found(), *makers[self.stage]())

    def objects_found(self) -> Panel:
        """Objects with masks, as the last stage leaves them; the one that is followed drawn solid."""
        seen, objects, boxes = self.seen, self.objects, self.seen.in_frame(self.objects.boxes)
        layers: list[Layer] = self._all_masks(boxes) if self.found.has_masks else []
        for solid in (False, True):
            rows = [k for k in range(len(objects)) if (k == self.at) == solid][::-1]
            if rows:
                name, named = ("followed", True) if solid else ("objects", len(objects) <= NAMED)
                tags = tuple(f"{seen.name(int(objects.labels[k]))} {objects.scores[k]:.2f}" for k in rows)
                sets = tuple({"pick": k + 1} if k < MASKED else None for k in rows)
                tags = tags if named else ()
                layers.append(Boxes(name, boxes[rows], tags, tuple(rows), dashed=not solid, sets=sets))
        if not len(objects):
            layers.append(Label("nothing", "nothing found", (0.0, float(seen.frame.height))))
        hits, count = seen.hits, len(objects)
        note = f"{hits[0]} of {hits[1]} found, {count - hits[0]} mistaken" if hits else f"{count} found"
        return seen.panel("Objects found", layers, note)

    def _all_masks(self, boxes: NDArray[np.float64]) -> list[Layer]:
        from explainer.vision.detection.stages import mask_in_box

        layers: list[Layer] = []
        top = np.arange(min(len(self.objects), MASKED))
        for k, one in zip(top.tolist(), self.found.masks(self.objects.part(top)), strict=True):
            x0, y0, x1, y1 = boxes[k]
            width, height = max(1, round(x1 - x0)), max(1, round(y1 - y0))
            to_panel = scale_shift((x1 - x0) / width, (y1 - y0) / height, float(x0), float(y0))
            solid = mask_in_box(one, width, height) > self.look.mask_from
            layers.append(Mask(f"mask {k + 1}", solid, to_panel, k))
        return layers

    def _heat(self, values: NDArray[np.float32], hi: float) -> Heat:
        """Draw a map of the padded input over the picture, cut where the picture ends."""
        (w, h), (rows, columns), (height, width) = self.found.size, values.shape, self.found.x.shape[2:]
        across, down = max(1, -(-w * columns // width)), max(1, -(-h * rows // height))
        # The last cells may reach beyond the picture; they are drawn a little narrower rather than outside.
        to_frame = scale_shift(self.seen.frame.width / across, self.seen.frame.height / down)
        cut = np.ascontiguousarray(values[:down, :across], np.float32)
        return Heat("map", cut, 0.0, hi, to_frame, smooth=False)

    def maps(self) -> tuple[Panel, ...]:
        """Mean size of a level's activations, after the pyramid and before."""
        body = self.found.body[min(self.level, len(self.found.body) - 1)]
        panels = []
        for title, maps in (("Pyramid", self.pyramid), ("Backbone", body)):
            _, channels, rows, columns = maps.shape
            note = f"{channels} maps of {columns} × {rows}, mean size"
            mean = np.asarray(maps[0].abs().mean(0).cpu().numpy(), np.float32)
            panels.append(self.seen.panel(title, [self._heat(mean, float(np.quantile(mean, 0.99)) or 1.0)], note))
        return tuple(panels)

    @property
    def pyramid(self) -> Any:
        """Maps of the level that is looked at."""
        return list(self.found.pyramid.values())[self.level]

    def objectness(self) -> tuple[Panel, ...]:
        """Best objectness at each place, of all levels and of one."""
        each = [1 / (1 + np.exp(-one.max(0))) for one in self.found.objectness]
        rows, columns = each[0].shape
        r, c = (np.arange(n)[:, None] for n in (rows, columns))
        whole = np.max([one[r * one.shape[0] // rows, (c * one.shape[1] // columns).T] for one in each], axis=0)
        chosen = each[self.level]
        note = f"{words.cells(chosen.shape)} cells, best of {self.found.objectness[self.level].shape[0]}"
        return (
            self.seen.panel("All levels", [self._heat(whole, 1.0)], "best of all at each place"),
            self.seen.panel(f"Level {self.level + 1}", [self._heat(chosen, 1.0)], note),
        )

    def proposals(self) -> tuple[Panel, ...]:
        """What suppression leaves, and what it is given."""
        best = np.argsort(-self.found.scores, kind="stable")[:DRAWN]
        note = f"{len(best)} best of {words.thousands(len(self.found.candidates))}"
        return self._kept(), self.seen.panel("Candidates", self._boxes(best), note)

    def _kept(self) -> Panel:
        return self.seen.panel("Proposals", self._boxes(self.seen.rows), f"{len(self.seen.rows)}, coloured by level")

    def _boxes(self, rows: NDArray[np.int64]) -> list[Layer]:
        weak_first = rows[::-1]
        colours = tuple(int(k) for k in self.found.levels[weak_first])
        return [Boxes("boxes", self.seen.in_frame(self.found.candidates[weak_first]), colours=colours)]

    def roialign(self) -> tuple[Panel, ...]:
        """Where RoIAlign reads for the proposal that is followed, and what."""
        from explainer.vision.detection.stages import sample_points

        if self.row < 0:
            return ()
        box, frame, (w, h) = self.found.candidates[self.row], self.seen.frame, self.found.size
        pooled, level = self.found.pooled(box)
        stride = self.found.x.shape[3] / list(self.found.pyramid.values())[level].shape[3]
        points = sample_points(box, stride) * [frame.width / w, frame.height / h]
        points = np.clip(points, 0, (frame.width, frame.height))
        layers: list[Layer] = [
            Boxes("proposal", self.seen.in_frame(box[None]), ("proposal",), (level,)),
            Points("samples", points, colours=(-1,) * len(points), size_px=3.0),
        ]
        strongest = np.argsort(-np.abs(pooled).mean((1, 2)), kind="stable")[:CHANNELS]
        cells = _cells("pooled", pooled[strongest], 4, tuple(map(str, strongest)))
        note = f"16 strongest of {len(pooled)} maps, 7 × 7"
        return (
            self.seen.panel("Where it reads", layers, f"4 points for each of 49 cells, level {level + 1}"),
            Panel("What it reads", cells.size, (cells,), note, frame=False),
        )

    def classes(self) -> tuple[Panel, ...]:
        """Every pair above the score with the way from proposal to refined box."""
        seen, probabilities, refined = self.seen, *self.found.heads(self.seen.rows)
        at, of = np.nonzero(probabilities[:, 1:] > self.look.score)
        order = np.argsort(-probabilities[at, of + 1], kind="stable")[:DRAWN]
        at, of = at[order], of[order] + 1
        before, after = seen.in_frame(self.found.candidates[seen.rows[at]]), seen.in_frame(refined[at, of])
        layers: list[Layer] = [
            Boxes("proposals", before, colours=(WEAK,) * len(at), dashed=True),
            Boxes("refined", after, colours=tuple(int(k) for k in of)),
        ]
        note = f"{len(at)} pairs above {self.look.score:.2f}, grey: proposals"
        return (seen.panel("Refined boxes", layers if len(at) else [], note),)

    def masks(self) -> tuple[Panel, ...]:
        """The followed object's mask: its logits, cut at the threshold, and those of other classes."""
        from explainer.vision.detection.stages import mask_in_box

        if self.at < 0:
            return (self._kept(),)
        seen, box, label = self.seen, self.objects.boxes[self.at], int(self.objects.labels[self.at])
        every = self.found.all_masks(box[None])[0]
        x0, y0, x1, y1 = (int(v) for v in np.rint(seen.in_frame(box[None])[0]))
        x0, y0 = min(x0, seen.frame.width - 1), min(y0, seen.frame.height - 1)
        crop = np.ascontiguousarray(seen.pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)])
        height, width = crop.shape[:2]
        solid = mask_in_box(every[label], width, height) > self.look.mask_from
        rivals = [int(k) for k in np.argsort(-every[1:].mean((1, 2)), kind="stable") + 1 if k != label]
        shown = [label, *rivals[:8]]
        cells = _cells("masks", every[shown], 3, tuple(map(seen.name, shown)), chosen=0)
        cut, note = (Image("picture", crop), Mask("mask", solid, colour=self.at)), f"from {self.look.mask_from:.2f}"
        return (
            self._kept(),
            Panel("Mask logits", cells.size, (cells,), "one map for each class, the first counts", frame=False),
            Panel("Cut at the threshold", (width, height), cut, note, frame=False),
        )

    def chain(self) -> Graph:
        """The stages with their counts; a click opens one."""
        found = self.found
        counts = {
            "maps": ("Backbone, pyramid", f"{len(found.pyramid)} maps"),
            "objectness": ("Objectness", f"{words.thousands(found.anchors)} anchors"),
            "proposals": ("Proposals", f"{words.thousands(len(found.candidates))} to {len(self.seen.rows)}"),
            "roialign": ("RoIAlign", f"{len(self.seen.rows)} × 7 × 7"),
            "classes": ("Classes, boxes", f"{self.objects.before} to {len(self.objects)}"),
        }
        if found.has_masks:
            counts["masks"] = ("Masks", f"{min(len(self.objects), MASKED)} × 28 × 28")
        spent = {key: sum(found.ms.get(part, 0.0) for part in parts) for key, parts in SPENT.items()}
        nodes = tuple(Node(key, name, count, {"stage": key}, spent[key]) for key, (name, count) in counts.items())
        return Graph("Stages", nodes, tuple(pairwise(counts)), self.stage)

    def its_classes(self) -> Bars:
        """Best classes of the followed candidate, the background among them."""
        probabilities = self.found.heads(np.array([self.row]))[0][0]
        best = [int(k) for k in np.argsort(-probabilities, kind="stable")[:4]]
        chosen = int(self.objects.labels[self.at]) if self.at >= 0 else best[0]
        shown = best if chosen in best else [*best, chosen]
        scores = tuple(float(probabilities[k]) for k in shown)
        return Bars("Its classes", tuple(map(self.seen.name, shown)), scores, chosen=shown.index(chosen))

    def numbers(self) -> dict[str, float]:
        """Numbers of the stage and of the object that is followed."""
        found: dict[str, float] = {}
        if self.at >= 0:
            score, label = self.objects.scores[self.at], self.objects.labels[self.at]
            found |= numbers(object_score=score, object_class=label, object_objectness=self.found.scores[self.row])
        match self.stage:
            case "objectness":
                of = self.found.objectness[self.level]
                found |= numbers(level_share_objects=(of > 0).mean(), level_cells=of[0].size)
            case "masks" if self.at >= 0:
                logits = self.found.masks(self.objects.part(np.array([self.at])))[0].astype(np.float64)
                share = (1 / (1 + np.exp(-logits)) > self.look.mask_from).mean()
                found |= numbers(mask_share=share, mask_logit_max=logits.max())
            case "maps":
                found |= numbers(level_mean_activation=self.pyramid[0].abs().mean())
            case "roialign" | "classes" if self.row >= 0:
                x0, y0, x1, y1 = self.found.candidates[self.row]
                found |= numbers(proposal_width_px=x1 - x0, proposal_height_px=y1 - y0)
        return found

    def sentence(self, told: dict[str, float]) -> str:
        """Say what the stage shows."""
        if self.row < 0:
            return "There is no proposal at all, so there is nothing to follow."
        if self.look.stage == "masks" and not self.found.has_masks:
            return "This detector has no mask head."
        if self.stage == "masks" and self.at < 0:
            return "Without an object there is no mask: lower the score threshold."
        name = self.seen.name(int(self.objects.labels[self.at])) if self.at >= 0 else ""
        who = f"“{name}” ({words.score(float(self.objects.scores[self.at]))})" if name else "the best proposal"
        return {
            "maps": f"Level {self.level + 1} is shown before and after the pyramid.",
            "objectness": f"At level {self.level + 1}, {100 * told.get('level_share_objects', 0):.1f} % of the anchors "
            "are more object than not.",
            "proposals": "Suppression works within each level, and classes are not known yet.",
            "roialign": f"For {who}, RoIAlign reads 196 points, never rounding where they lie.",
            "classes": f"Every class moves a proposal its own way; {who} is followed.",
            "masks": f"At {self.look.mask_from:.2f} the mask of {who} fills {words.percent(told.get('mask_share', 0))} "
            "of its box.",
        }[self.stage]


def _cells(name: str, maps: NDArray[Any], columns: int, labels: tuple[str, ...], **more: Any) -> Cells:
    limit = float(np.abs(maps).max()) or 1.0
    values = np.ascontiguousarray(maps, np.float32)
    return Cells(name, values, columns, -limit, limit, "diverging", labels, **more)


def result(seen: Seen, look: Look) -> Result:
    """Put the panels of the stage, the chain and the numbers together."""
    shown, found, scores = Shown(seen, look), seen.found, seen.found.scores
    panels, told = shown.panels(), shown.numbers()
    values = numbers(
        anchors=found.anchors, candidates=len(found.candidates), proposals=len(seen.rows),
        pairs_above=seen.objects.before, objects=len(seen.objects), input_width_px=found.x.shape[3],
        input_height_px=found.x.shape[2], best_objectness=scores.max() if len(scores) else 0.0,
    )  # fmt: skip
    if seen.hits:
        values |= numbers(right=seen.hits[0], laid=seen.hits[1])
    # Beside a second chart the chain would be too narrow to read.
    chart = shown.its_classes() if shown.row >= 0 and shown.stage == "classes" else shown.chain()
    return Result(
        _reading(seen, look, shown.sentence(told)), values | told, panels, (chart,),
        badges=(TRAINED_ON,) if seen.shipped else (), headline=_headline(seen),
        heroes=tuple(one.slug for one in panels[1::-1]), input=np.asarray(found.x.cpu().numpy(), np.float32),
    )  # fmt: skip


def _headline(seen: Seen) -> str:
    guesses, left = words.thousands(seen.found.anchors), len(seen.objects)
    if seen.hits:
        which, also = "not " * (seen.hits[0] < seen.hits[1]), ", and makes mistakes" * (left > seen.hits[0])
        return f"Of {guesses} guesses stage one keeps {len(seen.rows)}; stage two finds {which}every cut-out{also}."
    return f"{guesses} guesses go in, and {words.count(left, 'object')} {'comes' if left == 1 else 'come'} out."


def _reading(seen: Seen, look: Look, sentence: str) -> str:
    found = seen.found
    chain = (
        f"{words.thousands(found.anchors)} anchors become {words.thousands(len(found.candidates))} candidates and "
        f"{len(seen.rows)} proposals. {seen.objects.before} pairs of proposal and class reach {look.score:.2f}, and "
        f"suppression leaves **{len(seen.objects)} objects**."
    )
    if seen.hits:
        chain += f" Of the {seen.hits[1]} real cut-outs that were laid here, {seen.hits[0]} are among them."
    elif seen.shipped and not len(seen.objects):
        chain += " It knows digits, garments and coins only, and this photo shows none."
    return f"{chain} {sentence}"
