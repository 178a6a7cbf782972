"""The network strip's maps: against a pass of the stock network with hooks of the test's own."""

import numpy as np
import pytest
import torch
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.core.network_strip import spread
from explainer.vision.zoo.strongest_maps import strongest
from explainer.vision.zoo.zoo import Zoo

SETTINGS = Settings(device="cpu", threads=1)


def test_every_layer_shows_the_map_that_a_plain_hook_finds():
    frame, outputs = photo("astronaut"), {}
    with Zoo().lease("efficientnet-lite0", SETTINGS) as net:
        strip = net.strip(frame)
        stock = net.network(stock=True)
        for layer in net.card.layers:
            stock.get_submodule(layer.name).register_forward_hook(
                lambda _m, _i, out, name=layer.name: outputs.__setitem__(name, out[0].numpy().copy())
            )
        with torch.no_grad():
            logits = stock(net.prepare(frame).tensor.contiguous())[0].double().numpy()
    assert [one.layer for one in strip.thumbs] == list(outputs)
    for one in strip.thumbs:
        maps = outputs[one.layer].astype(np.float64)
        strength = np.abs(maps).mean((1, 2)) * maps.std((1, 2))
        assert strength[one.channel] == pytest.approx(strength.max(), rel=1e-3)
        best = maps[one.channel]
        np.testing.assert_allclose(one.values, (best - best.min()) / np.ptp(best), atol=2e-3)
        assert (one.lo, one.hi) == pytest.approx((best.min(), best.max()), abs=1e-2)
    scores = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert strip.score == pytest.approx(scores.max(), abs=1e-3)
    assert strip.label == net.card.label(int(scores.argmax()))


def test_a_map_that_is_large_everywhere_is_not_the_strongest():
    flat, told = torch.full((4, 4), 9.0), torch.zeros(4, 4)
    told[1, 2] = 2.0
    one = strongest("layer", torch.stack([flat, told])[None])
    assert one.channel == 1 and one.values[1, 2] == 1.0 and one.values.sum() == 1.0


def test_what_is_no_number_counts_as_nothing():
    one = strongest("layer", torch.full((1, 2, 3, 3), float("nan")))
    assert not one.values.any() and (one.lo, one.hi) == (0.0, 0.0)


@pytest.mark.parametrize("needed", [(), (4,), (4, 5), (0, 17)])
@pytest.mark.parametrize("most", [2, 6, 9, 30])
def test_layers_are_chosen_evenly_and_hold_what_is_needed(most, needed):
    chosen = spread(18, most, needed)
    assert len(chosen) == min(most, 18) and chosen == sorted(set(chosen))
    assert set(needed) <= set(chosen)
    if not needed:
        assert chosen[0] == 0 and chosen[-1] == 17
