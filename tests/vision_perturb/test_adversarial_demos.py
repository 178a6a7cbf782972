"""The two demos on the shipped network, through the real engine."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import Bench, contract_frames, photo
from explainer.core.context import Settings
from explainer.core.params import changed
from explainer.core.result import Result

PANEL, SMOOTHING = "adversarial-panel", "randomised-smoothing"
PHOTOS = ("cat", "coffee", "dog")


@cache
def bench(demo_id: str, name: str) -> Bench:
    settings, demo = Settings(device="cpu", threads=1), bootstrap.demos().demo(demo_id)
    frames = contract_frames() if name == "small" else {name: photo(name)}
    return Bench(demo, bootstrap.engine, bootstrap.zoo().card(settings.model), {name: frames[name]}, settings)


@cache
def _shot(demo_id: str, name: str, items: tuple[tuple[str, Any], ...]) -> Result:
    one = bench(demo_id, name)
    outcome = one.run(changed(one.demo.defaults(), one.card, **dict(items)))
    assert outcome.result is not None, outcome.problem
    return outcome.result


def shot(demo_id: str, name: str, **params: Any) -> Result:
    if demo_id == PANEL:
        params = {"method": "fgsm", "targeted": False, **params}
    return _shot(demo_id, name, tuple(params.items()))


@pytest.mark.parametrize("name", PHOTOS)
def test_the_attack_flips_and_noise_of_the_same_size_does_not(name: str) -> None:
    values = shot(PANEL, name).values
    assert values["flipped"] == 1.0
    assert values["linf_255"] == 2.0
    assert values["score_random"] > 0.75 * values["score_clean"]
    assert values["score_adversarial"] < 0.25 * values["score_clean"]
    assert values["l2_random"] >= values["l2"] * 0.99


@pytest.mark.parametrize("name", PHOTOS)
def test_pgd_gets_further_than_fgsm_on_the_real_network(name: str) -> None:
    one, many = shot(PANEL, name), shot(PANEL, name, method="pgd")
    assert many.values["score_adversarial"] <= one.values["score_adversarial"]
    assert many.values["linf_255"] <= 2.0


def test_no_budget_no_change() -> None:
    result = shot(PANEL, "coffee", eps=0.0)
    assert result.values["score_adversarial"] == pytest.approx(result.values["score_clean"], abs=1e-5)
    assert (result.values["flipped"], result.values["l2"], result.values["l2_random"]) == (0.0, 0.0, 0.0)
    assert "moves nothing" in result.reading


def test_l2_keeps_its_radius() -> None:
    values = shot(PANEL, "coffee", method="pgd-l2", radius=0.3).values
    assert 0.29 < values["l2"] <= 0.3 + 1e-9
    assert values["flipped"] == 1.0


def test_a_targeted_attack_reaches_its_class() -> None:
    values = shot(PANEL, "dog", method="pgd", eps=4.0, steps=30, targeted=True, target="340").values  # zebra
    assert values["score_target"] > 0.5
    assert values["flipped"] == 1.0


@pytest.mark.parametrize("name", PHOTOS)
def test_the_default_makes_an_ostrich_of_anything(name: str) -> None:
    result = _shot(PANEL, name, ())
    assert "became “ostrich”" in result.headline
    assert result.values["linf_255"] <= 2.0
    assert result.values["score_target"] > 0.5


def test_the_steps_that_are_played_are_those_of_the_attack() -> None:
    early = _shot(PANEL, "dog", (("steps", 5),))  # before the whole path is known
    whole = _shot(PANEL, "dog", ())
    assert whole.play is not None
    assert whole.play.curve is not None
    assert len(whole.play.curve) == whole.play.last == 20
    assert whole.play.curve[4] == pytest.approx(early.values["score_target"], abs=1e-6)
    assert whole.play.curve[-1] == pytest.approx(whole.values["score_target"], abs=1e-6)


def test_a_picture_of_the_target_is_sent_to_the_runner_up() -> None:
    first = int(_shot(PANEL, "dog", ()).values["true_class"])
    result = _shot(PANEL, "dog", (("target", str(first)),))
    assert result.values["flipped"] == 1.0


def test_the_trap_and_the_way_out_of_it() -> None:
    trapped = shot(PANEL, "coffee", defence="masking")
    assert trapped.values["gradient_zero_share"] == 1.0
    assert trapped.values["gradient_length"] == 0.0
    assert trapped.values["score_adversarial"] == trapped.values["score_clean"] == 1.0
    assert "exactly zero" in trapped.reading
    freed = shot(PANEL, "coffee", defence="masking", adaptive=True)
    assert freed.values["flipped"] == 1.0
    assert freed.values["gradient_length"] > 0.0


@pytest.mark.parametrize("defence", ["jpeg", "blur", "quantise"])
def test_who_knows_the_defence_breaks_it(defence: str) -> None:
    blind, knowing = (shot(PANEL, "dog", method="pgd", defence=defence, adaptive=a) for a in (False, True))
    assert knowing.values["score_adversarial"] < 0.1 * blind.values["score_adversarial"] + 1e-4
    assert blind.values["score_adversarial"] > blind.values["score_undefended"]


def test_the_patch_changes_its_square_alone() -> None:
    result = shot(PANEL, "dog", method="patch", size=20.0, curve=True)
    assert result.values["changed_share"] == pytest.approx(0.04, abs=0.003)
    assert result.values["patch_loss_last"] > result.values["patch_loss_first"]
    assert result.charts[-1].title == "Patch, step by step"


def test_the_curve_contains_the_shown_attack() -> None:
    result = shot(PANEL, "dog", curve=True)
    attack, random = result.charts[-1].series  # type: ignore[union-attr]
    at = list(attack.x).index(2.0)
    assert attack.y[at] == pytest.approx(result.values["score_adversarial"], abs=1e-5)
    assert random.y[at] == pytest.approx(result.values["score_random"], abs=1e-5)
    assert result.values["first_flip"] <= 2.0


def test_another_network_is_asked_about_the_same_picture() -> None:
    values = shot(PANEL, "dog", transfer=True).values
    assert values["transfer_score_adversarial"] < values["transfer_score_clean"]
    assert values["transfer_flipped"] in (0.0, 1.0)


def test_what_is_shown_is_what_was_measured() -> None:
    """Adversarial minus input, read from the panels, is the change that the numbers speak of."""
    result = shot(PANEL, "coffee")
    layers = {panel.title: layer for panel in result.panels for layer in panel.layers if layer.name == "seen"}
    assert result.input is not None
    card = bootstrap.zoo().card("efficientnet-lite0")
    mean, std = (np.array(v).reshape(3, 1, 1) for v in (card.mean, card.std))
    clean = np.round((result.input[0] * std + mean) * 255).transpose(1, 2, 0)
    change = layers["Adversarial"].pixels.astype(int) - clean  # type: ignore[union-attr]
    assert np.abs(change).max() == result.values["linf_255"]
    assert np.linalg.norm(change) / 255 == pytest.approx(result.values["l2"], rel=1e-6)
    shown = layers["Change × 10"].pixels.astype(float)  # type: ignore[union-attr]
    np.testing.assert_allclose(shown, 127.5 + 10 * change, atol=0.51)


def test_smoothing_is_its_own_formula() -> None:
    from scipy.stats import beta, norm

    values = shot(SMOOTHING, "cat", proving=48, choosing=8, alpha=0.01, sigma=0.05).values
    k, n = int(values["votes_for"]), int(values["votes"])
    assert n == 48
    assert values["p_lower"] == pytest.approx(beta.ppf(0.01, k, n - k + 1) if k else 0.0)
    assert values["abstains"] == float(values["p_lower"] <= 0.5)
    if not values["abstains"]:
        assert values["radius"] == pytest.approx(0.05 * norm.ppf(values["p_lower"]))


def test_the_majority_survives_an_attack_within_the_radius() -> None:
    values = shot(SMOOTHING, "coffee", proving=32, choosing=8, attack=True, sigma=0.05).values
    assert values["radius"] > 0
    assert values["attack_majority_kept"] == 1.0
    assert values["attack_score"] < 1.0


def test_too_few_votes_abstain_and_say_so() -> None:
    result = shot(SMOOTHING, "small", proving=16, choosing=8, sigma=0.5, alpha=1e-5)
    assert result.values["abstains"] == 1.0  # even 16 of 16 prove only 0.49
    assert "radius" not in result.values
    assert "abstains" in result.reading
