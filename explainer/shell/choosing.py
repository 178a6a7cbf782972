"""Every way of choosing something, as a function from one selection to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from explainer.core.context import Models, Settings
from explainer.core.controls import control
from explainer.core.demo import Catalogue, Demo
from explainer.core.model_card import ModelCard
from explainer.core.params import checked, from_plain, to_plain
from explainer.core.problem import ExplainerError
from explainer.lessons.catalogue import Library
from explainer.runtime.history import Change
from explainer.runtime.session import Session
from explainer.shell.selection import News, Refused, Said, Selection, Step, Told

FIRST_DEMO = "grad-cam"


@dataclass(frozen=True, slots=True)
class Chooser:
    """Takes one step at a time over what there is to choose from; keeps nothing itself."""

    catalogue: Catalogue
    library: Library
    models: Models

    def first(self, session: Session) -> Step:
        """What `session` asks for, as far as it is still there."""
        now = Selection(self._first_demo(session.demo), self._usable(session.settings), session)
        return self._with_params(now)

    def session(self, now: Selection, session: Session) -> Step:
        """Another session in place of this one; what was done since can not be undone, but stays in the recent list."""
        for source in reversed(now.session.recent):
            if source not in session.recent:
                session = session.with_recent(source)
        step = self.first(session).then(self.lesson_of_demo)
        return step.tell(Told.MODEL, Told.DEMO, Told.PARAMS, Told.HISTORY, Told.RUN)

    def at_home(self) -> tuple[Demo[Any], Any] | None:
        """What is run on a picture that is only to be named; ``None`` where that demo is missing."""
        try:
            demo = self.catalogue.demo(FIRST_DEMO)
        except ExplainerError:
            return None
        return demo, demo.defaults()

    def card(self, now: Selection) -> ModelCard:
        """Card of the model in use."""
        return self.models.card(now.settings.model)

    def _first_demo(self, wanted: str) -> Demo[Any]:
        try:
            return self.catalogue.demo(wanted or FIRST_DEMO)
        except ExplainerError:
            return self.catalogue.demos()[0]

    def _usable(self, settings: Settings) -> Settings:
        try:
            self.models.card(settings.model)
        except ExplainerError:
            return replace(settings, model=Settings().model)
        return settings

    # Demos and lessons ----------------------------------------------------------------------------------

    def demo(self, now: Selection, demo_id: str, preset: Mapping[str, Any] | None = None) -> Step:
        """Another demo, with `preset` laid over its values."""
        try:
            demo = self.catalogue.demo(demo_id)
        except ExplainerError as error:
            return Step(now, (Refused(error.problem),))
        switched: tuple[News, ...] = (Told.DEMO,) if demo is not now.demo else ()
        step = self._with_params(replace(now, demo=demo))
        if preset:
            step = step.then(lambda one: self._laid_over(one, preset))
        if now.lesson is None or now.lesson.demo != demo_id:
            step = step.then(self.lesson_of_demo)
        return step.tell(*switched, Told.PARAMS, Told.RUN)

    def lesson(self, now: Selection, lesson_id: str) -> Step:
        """A lesson and the demo it belongs to."""
        try:
            lesson = self.library.lesson(lesson_id)
        except ExplainerError as error:
            return Step(now, (Refused(error.problem),))
        step = Step(replace(now, lesson=lesson), (Told.LESSON,))
        return step.then(lambda one: self.demo(one, lesson.demo, lesson.preset))

    def lesson_beside(self, now: Selection, by: int) -> Step:
        """Previous or next readable lesson in the order of the book."""
        beside = self.library.next if by > 0 else self.library.previous
        other = beside(now.lesson.id) if now.lesson is not None else None
        while other is not None and not self.library.readable(other.id):
            other = beside(other.id)
        return self.lesson(now, other.id) if other is not None else Step(now)

    def lesson_of_demo(self, now: Selection) -> Step:
        """First readable lesson of the present demo, which runs without its text too."""
        notes: list[News] = []
        for head in self.library.of_demo(now.demo.info.id):
            try:
                lesson = self.library.lesson(head.id)
                return Step(replace(now, lesson=lesson), (*notes, Told.LESSON))
            except ExplainerError as error:
                notes.append(Said(error.problem.sentence))
        return Step(replace(now, lesson=None), (*notes, Told.LESSON))

    # Params ---------------------------------------------------------------------------------------------

    def values(self, now: Selection, values: Mapping[str, Any], gesture: int | None = None) -> Step:
        """Other values of params; one that is not allowed is said, and nothing happens."""
        demo = now.demo
        try:
            kind, card = demo.params_type, self.card(now)
            cleaned = {name: checked(control(kind, name), value, card) for name, value in values.items()}
        except KeyError as error:
            return Step(now, (Said(f"{demo.info.title} has no control called {error.args[0]}."),))
        except ValueError as error:
            return Step(now, (Said(str(error)),))
        before, after = now.params, replace(now.params, **cleaned)
        if before == after:
            return Step(now)
        history = now.history.pushed(Change(demo.info.id, before, after, gesture))
        changed = replace(now.with_params(demo.info.id, after), history=history)
        return Step(changed, (Told.PARAMS, Told.HISTORY, Told.RUN))

    def played(self, now: Selection, name: str, value: Any) -> Step:
        """Another value of the param that is being played; nothing that can be undone."""
        demo_id, params = now.demo.info.id, replace(now.params, **{name: value})
        if params == now.params:
            return Step(now)
        history = now.history.carried(demo_id, name, value)
        return Step(replace(now.with_params(demo_id, params), history=history), (Told.PARAMS, Told.RUN))

    def defaults(self, now: Selection) -> Step:
        """Every control of this demo at its default."""
        return self.values(now, to_plain(now.demo.defaults()))

    def undone(self, now: Selection) -> Step:
        """Take the last change of params back."""
        history, change = now.history.undone()
        if change is None:
            return Step(now)
        return self._back_to(replace(now, history=history), change.demo_id, change.before)

    def redone(self, now: Selection) -> Step:
        """Make the change again that was taken back last."""
        history, change = now.history.redone()
        if change is None:
            return Step(now)
        return self._back_to(replace(now, history=history), change.demo_id, change.after)

    def _back_to(self, now: Selection, demo_id: str, params: Any) -> Step:
        # The model may be another one by now, and may lack what was chosen then.
        made, notes = from_plain(type(params), to_plain(params), self.card(now))
        step = Step(now.with_params(demo_id, made), _said(notes)).tell(Told.HISTORY)
        if demo_id != now.demo.info.id:
            return step.then(lambda one: self.demo(one, demo_id))
        return step.tell(Told.PARAMS, Told.RUN)

    def _with_params(self, now: Selection) -> Step:
        """Read the present demo's params from the session when it is opened for the first time."""
        demo_id = now.demo.info.id
        if demo_id in now.made:
            return Step(now)
        made, notes = from_plain(now.demo.params_type, now.session.params.get(demo_id, {}), self.card(now))
        return Step(now.with_params(demo_id, made), tuple(Said(note) for note in notes))

    def _laid_over(self, now: Selection, preset: Mapping[str, Any]) -> Step:
        """Lay a preset over the params; what the present model lacks goes back to its default, with a remark."""
        made, notes = from_plain(now.demo.params_type, {**to_plain(now.params), **preset}, self.card(now))
        return Step(now.with_params(now.demo.info.id, made), _said(notes))

    # Settings -------------------------------------------------------------------------------------------

    def model(self, now: Selection, name: str) -> Step:
        """Another model; what it lacks goes back to its default, and the present demo's loss is said."""
        try:
            card = self.models.card(name)
        except ExplainerError as error:
            return Step(now, (Refused(error.problem),))
        read = {demo_id: from_plain(type(params), to_plain(params), card) for demo_id, params in now.made.items()}
        made = {demo_id: params for demo_id, (params, _) in read.items()}
        changed = replace(now, settings=replace(now.settings, model=name), made=made)
        _, notes = read[now.demo.info.id]
        return Step(changed, _said(notes)).tell(Told.MODEL, Told.PARAMS, Told.RUN)

    def settings(self, now: Selection, **values: Any) -> Step:
        """Other device, threads, seed or fit."""
        return Step(replace(now, settings=replace(now.settings, **values)), (Told.MODEL, Told.RUN))


def _said(notes: list[str]) -> tuple[News, ...]:
    return (Said(" ".join(notes)),) if notes else ()
