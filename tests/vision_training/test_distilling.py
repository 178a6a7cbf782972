"""Distillation: the loss by hand and by its limits, who is taught what, and what a recipe with a teacher is called."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.vision.training import digits, distilling, fit
from explainer.vision.training.parts import CrossEntropy

RNG = torch.Generator()
TEACHER = torch.tensor([[3.0, 1.0, -2.0], [0.0, 0.5, 0.2]], dtype=torch.float64)
STUDENT = torch.tensor([[0.3, 0.1, 0.0], [2.0, -1.0, 0.4]], dtype=torch.float64)


def softmax(x):
    powers = np.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_the_soft_loss_by_hand(temperature):
    told, said = softmax(TEACHER.numpy() / temperature), softmax(STUDENT.numpy() / temperature)
    by_hand = temperature**2 * np.mean((told * np.log(told / said)).sum(1))
    assert float(distilling.soft_loss(STUDENT, TEACHER, temperature)) == pytest.approx(by_hand)
    assert float(distilling.soft_loss(TEACHER, TEACHER, temperature)) == pytest.approx(0.0, abs=1e-12)


def test_at_high_temperatures_logits_are_matched():
    """Hinton 2015, section 2.1: for zero-mean logits the gradient tends to (s - t) / K."""
    student = (STUDENT - STUDENT.mean(1, keepdim=True)).requires_grad_()
    teacher = TEACHER - TEACHER.mean(1, keepdim=True)
    distilling.soft_loss(student, teacher, 1e5).backward()
    torch.testing.assert_close(student.grad, (student.detach() - teacher) / 3 / 2, rtol=1e-3, atol=1e-6)


def test_softened_answers_keep_their_order_and_their_sum():
    for temperature in (1.0, 20.0):
        soft = distilling.softened(TEACHER.numpy(), temperature)
        np.testing.assert_allclose(soft, F.softmax(TEACHER / temperature, 1).numpy())
        assert np.array_equal(soft.argsort(1), TEACHER.numpy().argsort(1))


@pytest.fixture(scope="module")
def teacher():
    recipe = distilling.teacher_recipe(0)
    return distilling.Teacher(fit.start(recipe))


def test_hard_and_soft_parts_add_up(teacher):
    class Given(nn.Module):
        def forward(self, images):
            return images.flatten(1)[:, :10]

    images, labels = torch.rand(4, 1, 8, 8, generator=RNG), torch.tensor([1, 2, 3, 4])
    soft = distilling.Distillation(teacher, 4.0)(Given(), images, labels, RNG)
    mixed = distilling.Distillation(teacher, 4.0, 0.25)(Given(), images, labels, RNG)
    hard = CrossEntropy()(Given(), images, labels, RNG)
    assert float(mixed) == pytest.approx(0.75 * float(soft) + 0.25 * float(hard), rel=1e-5)
    told = distilling.soft_loss(Given()(images), teacher.run.module()(images), 4.0)
    assert float(soft) == pytest.approx(float(told.detach()), rel=1e-5)


def test_no_student_sees_the_missing_digit_and_all_are_examined_on_it(teacher):
    recipes = distilling.student_recipes(teacher, (1.0, 20.0), 0.0, 3, 0)
    assert len(recipes) == 3
    for recipe in recipes:
        assert 3 not in recipe.data.train.labels
        assert (recipe.data.test.labels == 3).sum() == (digits.split().test.labels == 3).sum() > 0
    assert len({recipe.key() for recipe in recipes}) == 3


def test_a_teacher_is_told_by_what_made_it(teacher):
    """So that a run is found again though its teacher was read from a file, or trained by another processor."""
    same = distilling.Teacher(fit.start(distilling.teacher_recipe(0)))
    other = distilling.Teacher(fit.start(distilling.teacher_recipe(1)))
    recipe, again, foreign = (
        distilling.student_recipe(distilling.Distillation(one), 3, 0) for one in (teacher, same, other)
    )
    assert recipe == again
    assert hash(recipe) == hash(again)
    assert recipe.key() == again.key()
    assert recipe != foreign
    assert recipe.key() != foreign.key()


def test_the_example_is_one_that_the_teacher_reads_and_that_is_not_the_missing_digit():
    logits = np.array([[9.0, 8.5, 0.0], [1.0, 9.0, 0.0], [4.0, 3.9, 0.0], [3.0, 3.5, 0.0]])
    labels = np.array([0, 1, 0, 0])
    assert distilling.most_like(logits, labels, 1) == 2  # 3 is read as 1 itself, and so is no example
    assert distilling.most_like(logits, labels, 0) == 1


def test_a_drawn_three_is_read_by_the_softly_taught_student_alone(tmp_path):
    """On the runs that ship; the teacher's answer to it is the softmax of its logits at the temperature."""
    from explainer.commands import bootstrap
    from explainer.contract.runs import Scene, run_scene
    from explainer.core.context import Settings
    from explainer.core.params import changed
    from explainer.demos.smaller import missing_digit
    from explainer.runtime.engine import NO_FRAME
    from explainer.runtime.runs import DiskRuns, shipped_folder

    engine, demo = bootstrap.engine(DiskRuns(tmp_path, shipped=shipped_folder())), missing_digit.MissingDigit()
    found = {}
    for temperature in ("1", "20"):
        wanted = changed(demo.defaults(), None, asked="own", temperature=temperature)
        result = run_scene(engine, demo, wanted, Scene("own", (NO_FRAME,)), Settings()).result
        found[temperature] = result
        assert result.values["own_digit"] == 3
        assert result.values["hard_reads"] != 3
    assert found["20"].values["soft_reads"] == 3
    cold, hot = (np.array(found[t].charts[0].values) for t in ("1", "20"))
    assert np.argsort(cold).tolist() == np.argsort(hot).tolist()
    np.testing.assert_allclose(cold ** (1 / 20) / (cold ** (1 / 20)).sum(), hot, rtol=1e-6)
