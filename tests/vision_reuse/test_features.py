"""Features against the bare pass that they stop, and the network left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.commands import bootstrap
from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.testing import fake_context, sample, tiny
from explainer.vision.reuse.features import SIDE, features, squares_of
from explainer.vision.training import garments
from explainer.vision.training.examples import centre_square
from explainer.vision.zoo.prepare import as_input

SETTINGS = Settings(device="cpu")


def test_they_are_what_the_last_layer_is_given_and_the_zoos_net_stays_as_it_was():
    squares = np.stack([centre_square(sample(name).pixels, SIDE) for name in ("cat", "coffee", "dog")])
    with bootstrap.zoo().lease("efficientnet-lite0", SETTINGS) as lent:
        net = lent.network()
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        found = features(lent, squares)
        x = as_input(squares, lent.card, SIDE)
        with torch.no_grad():
            bare = torch.flatten(net.pool(net.head(net.blocks(net.stem(x)))), 1)
        np.testing.assert_allclose(found, bare.numpy(), atol=1e-5)
        assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
        assert not any(module._forward_pre_hooks for module in net.modules())


def test_pixels_are_scaled_as_the_card_says():
    card = bootstrap.zoo().card("efficientnet-lite0")
    x = as_input(np.full((1, 4, 4, 3), 255, np.uint8), card, 4)
    np.testing.assert_allclose(
        x[0, :, 0, 0].numpy(), [(1 - m) / s for m, s in zip(card.mean, card.std, strict=True)], rtol=1e-6
    )


def test_grey_pictures_are_enlarged_to_grey_squares():
    squares = squares_of(garments.split().test.first(2))
    assert squares.shape == (2, SIDE, SIDE, 3)
    assert (squares[..., 0] == squares[..., 2]).all()


def test_a_network_without_a_vector_of_features_says_so():
    plain = nn.Sequential(nn.Conv2d(3, 7, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(ExplainerError, match="does not end in a linear layer"):
        features(fake_context(plain, tiny().card).net, np.zeros((1, 8, 8, 3), np.uint8))


def test_it_can_be_stopped_between_two_batches():
    asked = []
    with bootstrap.zoo().lease("efficientnet-lite0", SETTINGS) as lent:
        features(lent, np.zeros((17, SIDE, SIDE, 3), np.uint8), asked.append)
    assert asked == [0, 8, 16]
