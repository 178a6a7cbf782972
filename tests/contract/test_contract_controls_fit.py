"""The controls of every demo fit the pane at its narrowest, in every size of type."""

import pytest

from explainer.commands import bootstrap
from explainer.shell import style
from explainer.shell.controls_pane import ControlsPane

NARROWEST = 280
SCALES = (1.0, 1.8)


@pytest.mark.parametrize("scale", SCALES)
def test_no_control_is_cut_at_the_right(qtbot, qapp, scale):
    look = style.resolved("light", scale)
    style.dress(qapp, look)
    pane = ControlsPane(look)
    qtbot.addWidget(pane)
    pane.resize(look.px(NARROWEST), 900)
    pane.show()
    card = bootstrap.zoo().card("efficientnet-lite0")
    cut = []
    for demo in bootstrap.demos().demos():
        pane.build(demo, demo.defaults(), card, look)
        pane.set_maps(True, True)
        qtbot.wait(1)
        if pane.widget().width() > pane.viewport().width():
            cut.append((demo.info.id, pane.widget().width() - pane.viewport().width()))
    assert cut == []


def test_the_window_gives_the_pane_no_less(qtbot, qapp):
    from explainer.commands import window
    from explainer.runtime.session import Session

    made = window.make_window(Session(), "light", remember=False)
    qtbot.addWidget(made)
    assert made.right.minimumWidth() == made.look.px(NARROWEST)
    made.close()
