"""Feature matching: its loss and the sizes of both nets by hand, and students that differ in their loss alone."""

import numpy as np
import pytest
import torch

from explainer.vision.training import distilling, fit
from explainer.vision.training import feature_matching as matching

RNG = torch.Generator()


@pytest.fixture(scope="module")
def teacher():
    return distilling.Teacher(fit.start(matching.teacher_recipe(4, 0)))


def test_the_hint_loss_by_hand(teacher):
    student = matching.SmallStudent(6, 16).begun(0)
    images = torch.rand(5, 1, 8, 8, generator=RNG)
    state = {name: weight.detach().numpy() for name, weight in student.state_dict().items()}
    v = np.maximum(images.flatten(1).numpy() @ state["first.weight"].T + state["first.bias"], 0)
    u = teacher.run.module().hidden(images).detach().numpy()
    by_hand = 0.5 * np.mean((v @ state["regressor.weight"].T + state["regressor.bias"] - u) ** 2)
    assert float(matching.hint_loss(student, teacher, images).detach()) == pytest.approx(by_hand, rel=1e-5)


def test_soft_answers_and_features_add_up_with_t_squared(teacher):
    student, labels = matching.SmallStudent(6, 16).begun(0), torch.zeros(5, dtype=torch.int64)
    images = torch.rand(5, 1, 8, 8, generator=RNG)
    t, s = (net(images).detach().double().numpy() / 4 for net in (teacher.run.module(), student))
    logs = [x - np.log(np.exp(x).sum(1, keepdims=True)) for x in (t, s)]
    soft = 4**2 * (np.exp(logs[0]) * (logs[0] - logs[1])).sum(1).mean()
    plain = matching.Taught(teacher, 4.0)(student, images, labels, RNG)
    both = matching.Taught(teacher, 4.0, 0.1)(student, images, labels, RNG)
    hint = matching.hint_loss(student, teacher, images)
    assert float(plain.detach()) == pytest.approx(soft, rel=1e-4)
    assert float(both.detach()) == pytest.approx(soft + 0.1 * float(hint.detach()), rel=1e-4)


def test_the_teacher_gets_no_gradient_and_the_regressor_does(teacher):
    student = matching.SmallStudent(6, 16).begun(0)
    images = torch.rand(5, 1, 8, 8, generator=RNG)
    matching.Taught(teacher, 4.0, 0.1)(student, images, torch.zeros(5), RNG).backward()
    assert student.regressor.weight.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in teacher.module(images).parameters())


def test_sizes_by_hand():
    w, h = 8, 16
    weights = (9 * w + w) + (9 * w * 2 * w + 2 * w) + (32 * w * 4 * w + 4 * w) + (4 * w * 10 + 10)
    macs = 64 * 9 * w + 64 * 9 * w * 2 * w + 32 * w * 4 * w + 4 * w * 10
    assert matching.size_of(matching.ConvTeacher(w)) == matching.Size(weights, macs)
    student = matching.Size(64 * h + h + h * 10 + 10, 64 * h + h * 10)
    assert matching.size_of(matching.SmallStudent(h)) == student
    assert matching.size_of(matching.SmallStudent(h, 32)) == student  # the regressor is thrown away


def test_students_of_a_seed_begin_alike_and_see_the_same_digits(teacher):
    recipes = matching.student_recipes(teacher, 4, 6, 50, 4.0, 0)
    assert len(recipes) == len(matching.METHODS) * matching.SEEDS
    assert len({recipe.key() for recipe in recipes}) == len(recipes)
    begun = [fit.start(recipe).weights for recipe in recipes[:: matching.SEEDS]]
    for name in begun[0]:
        assert all(np.array_equal(begun[0][name], other[name]) for other in begun[1:])
    assert {recipe.data.train.digest for recipe in recipes} == {recipes[0].data.train.digest}
    assert len(recipes[0].data.train) == 50
