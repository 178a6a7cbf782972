"""Learning without labels: losses against loops and torch, gradients by autograd, views and recipes."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.vision.training import contrastive, views
from explainer.vision.training.contrastive_looks import Looked
from explainer.vision.training.fit import fit, start, trained

Z = torch.tensor(np.random.default_rng(1).normal(size=(12, 5)))
IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(2))
LABELS = torch.zeros(6, dtype=torch.int64)
METHODS = ("simclr", "attract", "simsiam", "no-stop", "rotation", "masked")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def small(method, steps=4, strength=1.0):
    return replace(contrastive.recipe("digits", method, strength, 0.5, 3), steps=steps, every=2)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
def test_nt_xent_is_a_double_loop_over_all_pairs(temperature):
    z, half, costs = Z.numpy(), len(Z) // 2, []
    for i in range(len(z)):
        powers = {}
        for k in range(len(z)):
            if k != i:
                powers[k] = math.exp(z[i] @ z[k] / np.linalg.norm(z[i]) / np.linalg.norm(z[k]) / temperature)
        costs.append(-math.log(powers[(i + half) % len(z)] / sum(powers.values())))
    assert float(contrastive.nt_xent(Z, temperature)) == pytest.approx(np.mean(costs), rel=1e-12)


def test_nt_xent_is_torchs_cross_entropy_without_the_view_itself():
    u = Z / Z.norm(dim=1, keepdim=True)
    others = torch.stack([torch.cat([row[:i], row[i + 1 :]]) for i, row in enumerate(u @ u.T / 0.3)])
    own = torch.tensor([(i + 6) % 12 - ((i + 6) % 12 > i) for i in range(12)])
    assert float(contrastive.nt_xent(Z, 0.3)) == pytest.approx(float(F.cross_entropy(others, own)), rel=1e-12)


def test_in_one_point_nt_xent_knows_nothing_and_attraction_is_content():
    z = torch.ones(12, 5, dtype=torch.float64)
    assert float(contrastive.nt_xent(z, 0.5)) == pytest.approx(math.log(11))

    class Same(nn.Module):
        def forward(self, x):
            return torch.ones(len(x), 5)

    assert float(contrastive.Attract()(Same(), IMAGES, LABELS, rng())) == pytest.approx(0, abs=1e-6)


class Two(nn.Module):
    """Embeds by a given table, and predicts by a linear map."""

    def __init__(self):
        super().__init__()
        self.z = nn.Parameter(torch.randn(12, 5, generator=rng(4)))
        self.predictor = nn.Linear(5, 5, bias=False)
        nn.init.normal_(self.predictor.weight, generator=rng(5))

    def forward(self, x):
        return self.z * torch.ones(len(x), 1)


def test_simsiams_gradient_comes_through_the_predictor_alone():
    gradients = []
    for stop in (True, False):
        net = Two()
        contrastive.Siamese(stop=stop)(net, IMAGES, LABELS, rng()).backward()
        gradients.append(net.z.grad)
    net = Two()
    wanted = torch.cat([net.z[6:], net.z[:6]]).detach().clone()  # plain numbers: they have no gradient
    said = net.predictor(net.z)
    cosine = (said * wanted).sum(1) / said.norm(dim=1) / wanted.norm(dim=1)
    (1 - cosine.mean()).backward()
    assert torch.allclose(gradients[0], net.z.grad, atol=1e-7)
    assert not torch.allclose(gradients[1], net.z.grad, atol=1e-3)


def test_rotation_asks_for_each_quarter_turn_of_each_picture():
    net = contrastive.LearnerNet(8, "rotation").begun(0)
    costs = []
    for turn in range(4):
        logits = net.told(torch.from_numpy(np.rot90(IMAGES.numpy(), turn, (2, 3)).copy())).detach()
        costs += [float(F.cross_entropy(one[None], torch.tensor([turn]))) for one in logits]
    found = contrastive.Turned()(net, IMAGES, LABELS, rng())
    assert float(found.detach()) == pytest.approx(np.mean(costs), rel=1e-5)


def test_half_of_the_patches_are_hidden_and_only_those_are_paid_for():
    hidden = contrastive.hidden_of(IMAGES, rng(7))
    patches = hidden.view(6, 4, 2, 4, 2).float().mean((2, 4))
    assert set(patches.unique().tolist()) == {0.0, 1.0}
    assert patches.sum((1, 2)).tolist() == [8.0] * 6
    net = contrastive.LearnerNet(8, "masked").begun(0)
    painted = net.told(torch.where(hidden, 0.0, IMAGES)).detach().view_as(IMAGES).numpy()
    expected = np.mean(
        [(painted[at] - IMAGES.numpy()[at]) ** 2 for at in zip(*np.nonzero(hidden.numpy()), strict=True)]
    )
    found = contrastive.Masked()(net, IMAGES, LABELS, rng(7))
    assert float(found.detach()) == pytest.approx(float(expected), rel=1e-5)


def test_what_is_painted_keeps_what_was_seen():
    net = contrastive.LearnerNet(8, "masked").begun(0).eval()
    asked, whole = contrastive.painted(net, IMAGES[:, 0].numpy())
    seen = asked > 0
    assert np.array_equal(whole[seen], IMAGES[:, 0].numpy()[seen])
    assert whole.min() >= 0 and whole.max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_labels_do_not_matter(method):
    recipe = small(method)
    train = recipe.data.train
    other = replace(recipe, data=recipe.data._replace(train=train.relabelled((train.labels + 3) % 10)))
    one, two = trained(recipe), trained(other)
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)


@pytest.mark.parametrize("method", ["simclr", "simsiam", "masked"])
def test_a_run_that_was_left_goes_on_to_the_same_bits(method):
    recipe = small(method)
    half = next(iter(fit(start(recipe))))
    *_, there = fit(half)
    assert half.step == 2
    assert there.same_bits(trained(recipe))


def test_what_collapses_and_what_does_not():
    ends = {m: trained(small(m, steps=100)).history["spread"][-1] for m in ("simclr", "attract", "simsiam", "no-stop")}
    assert ends["attract"] < 0.15 > ends["no-stop"]
    assert ends["simclr"] > 0.7
    assert ends["simsiam"] > 0.5


# Views ------------------------------------------------------------------------------------------------------


def test_at_strength_0_a_view_is_the_picture():
    assert torch.equal(views.views(IMAGES, 0.0, rng()), IMAGES)


def test_views_differ_from_each_other_and_stay_pictures():
    one, two = (views.views(IMAGES, 1.0, rng(seed)) for seed in (1, 2))
    assert (one - two).abs().mean() > 0.02
    assert one.min() >= 0 and one.max() <= 1
    assert torch.equal(one, views.views(IMAGES, 1.0, rng(1)))


def test_a_draw_of_1_moves_by_so_much_of_the_side():
    spot = torch.zeros(1, 1, 25, 25)
    spot[0, 0, 12, 12] = 1
    draws = torch.tensor([[0.0], [0.0], [1.0], [0.0]])
    found = views.moved(spot, 1.0, draws)[0, 0]
    x = float((found.sum(0) * torch.arange(25)).sum() / found.sum())
    assert 12 - x == pytest.approx(views.MOVE * 25, abs=1e-4)


def test_what_is_measured_does_not_change_the_run():
    recipe = small("simclr")
    blind = replace(recipe, measures=())
    seen, unseen = trained(recipe), trained(blind)
    assert recipe.measures == (Looked(1.0),)
    assert all(np.array_equal(seen.weights[name], unseen.weights[name]) for name in seen.weights)
