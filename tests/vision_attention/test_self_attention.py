"""The vision transformer against the graph it was taken from, and what is read off its attention."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explainer.core.problem import ExplainerError
from explainer.vision.attention import maps, vit

GOLDEN = Path(__file__).parent / "golden" / "vit-s14.npz"


@pytest.fixture(scope="module")
def net() -> vit.VisionTransformer:
    return vit.load()


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 224, 224), np.float32))


@pytest.fixture(scope="module")
def trace(net: vit.VisionTransformer, noise: torch.Tensor) -> vit.Trace:
    return net.trace(noise)


# The network --------------------------------------------------------------------------------------------


def test_tokens_and_attention_are_those_of_onnxruntime(net: vit.VisionTransformer, trace: vit.Trace) -> None:
    with np.load(GOLDEN) as golden:
        tokens, first, last = golden["tokens"], golden["first"], golden["last"]
    assert np.abs(net.features(trace, 12)[::16].numpy() - tokens).max() < 0.02  # weights are kept in 16 bits
    assert np.abs(net.attention(trace, 1)[:, 0].numpy() - first).max() < 1e-3
    assert np.abs(net.attention(trace, 12)[:, 0].numpy() - last).max() < 1e-3


def test_trace_ends_where_forward_does(net: vit.VisionTransformer, noise: torch.Tensor, trace: vit.Trace) -> None:
    assert torch.equal(net(noise)[0], net.features(trace, 12))
    assert (len(trace.tokens), trace.grid) == (13, (16, 16))


@pytest.mark.parametrize("layer", [1, 6, 12])
def test_rows_of_every_head_sum_to_one(net: vit.VisionTransformer, trace: vit.Trace, layer: int) -> None:
    rows = net.attention(trace, layer)
    assert rows.shape == (6, 257, 257)
    assert rows.min() >= 0
    assert torch.allclose(rows.sum(-1), torch.ones(6, 257), atol=1e-5)


def test_attention_is_that_of_torch() -> None:
    torch.manual_seed(0)
    ours, theirs = vit.Attention(), nn.MultiheadAttention(vit.WIDTH, vit.HEADS, batch_first=True)
    with torch.no_grad():
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(ours.project.state_dict())
        x = torch.randn(2, 9, vit.WIDTH)
        want, rows = theirs(x, x, x, average_attn_weights=False)
        assert torch.allclose(ours.weights(x), rows, atol=1e-6)
        assert torch.allclose(ours(x), want, atol=1e-6)


def test_stored_positions_come_back_at_their_own_size_and_keep_their_mean_at_others(
    net: vit.VisionTransformer,
) -> None:
    assert net._places(37, 37) is net.positions
    smaller = net._places(16, 23)
    assert smaller.shape == (1, 16 * 23, vit.WIDTH)
    assert (smaller.mean(1) - net.positions.mean(1)).abs().max() < 0.05


def test_missing_weights_are_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExplainerError, match="cannot be read"):
        vit.load(path=tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(ExplainerError, match="cannot be read"):
        vit.load(path=tmp_path / "cut.safetensors")


# The input ----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 4000), st.integers(1, 4000), st.sampled_from([224, 322, 448]))
def test_input_has_whole_patches_and_about_the_pixels_asked_for(height: int, width: int, side: int) -> None:
    tall, wide = vit.input_size(height, width, side)
    assert tall % 14 == wide % 14 == 0
    assert min(tall, wide) >= 28
    assert 0.75 * side**2 <= tall * wide <= 1.3 * side**2


def test_square_pictures_stay_square_and_are_normalised() -> None:
    x = vit.prepare(torch.full((50, 50, 3), 255, dtype=torch.uint8), 224)
    assert x.shape == (1, 3, 224, 224)
    want = [(1 - m) / s for m, s in zip(vit.MEAN, vit.STD, strict=True)]
    assert torch.allclose(x.amax((0, 2, 3)), torch.tensor(want), atol=1e-5)


# Reading maps -------------------------------------------------------------------------------------------


def test_rollout_of_a_hand_example() -> None:
    first, second = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.2, 0.8], [0.0, 1.0]])
    # Â₁ = [[1, 0], [.25, .75]], Â₂ = [[.6, .4], [0, 1]]; first row of Â₂ Â₁ = .6·[1, 0] + .4·[.25, .75]
    assert maps.rollout_row([first, second], 0) == pytest.approx([0.7, 0.3])


@pytest.mark.parametrize("residual", [0.0, 0.3, 0.5, 1.0])
def test_rollout_row_is_a_row_of_the_whole_product(residual: float) -> None:
    rng = np.random.default_rng(3)
    means = [m / m.sum(1, keepdims=True) for m in rng.random((4, 7, 7))]
    whole = np.eye(7)
    for mean in means:
        whole = (residual * np.eye(7) + (1 - residual) * mean) @ whole
    for query in (0, 5):
        assert maps.rollout_row(means, query, residual) == pytest.approx(whole[query])
    assert maps.rollout_row(means, 2, residual).sum() == pytest.approx(1)


def test_rollout_that_keeps_all_stays_at_home() -> None:
    assert maps.rollout_row([np.full((3, 3), 1 / 3)] * 2, 1, 1.0).tolist() == [0, 1, 0]


def test_entropy_of_known_distributions() -> None:
    rows = np.array([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.25, 0]])
    assert maps.entropy_bits(rows) == pytest.approx([0, 2, 1.5])


def test_patches_are_counted_row_by_row_up_to_the_edge() -> None:
    assert [maps.patch_at(x, y, (3, 4)) for x, y in ((0, 0), (0.3, 0), (0, 0.4), (1, 1))] == [0, 1, 4, 11]
    assert maps.centres((3, 4), (40, 60))[[0, 5, 11]].tolist() == [[5, 10], [15, 30], [35, 50]]


def test_distance_by_hand() -> None:
    weights, away = np.array([0.5, 0.25, 0.25]), np.array([0.0, 10.0, 20.0])
    assert maps.mean_distance(weights, away) == pytest.approx(7.5)
    assert maps.mean_distance(np.zeros(3), away) is None


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    x = np.random.default_rng(0).standard_normal((40, 8)) * np.arange(1, 9)
    found = maps.principal(x)
    centred = x - x.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(found.scores) == pytest.approx(np.abs(u * s)[:, :3], abs=1e-8)
    assert found.shares == pytest.approx((s**2 / (s**2).sum())[:3])


def test_colours_fill_their_range_and_a_flat_picture_stays_finite() -> None:
    colours = maps.as_colours(np.random.default_rng(1).standard_normal((400, 3)), (20, 20))
    assert (colours.shape, colours.dtype) == ((20, 20, 3), np.uint8)
    assert (colours.min(), colours.max()) == (0, 255)
    flat = maps.principal(np.ones((9, 4)))
    assert maps.as_colours(flat.scores, (3, 3)).max() == 0
    assert flat.shares.tolist() == [0, 0, 0]
