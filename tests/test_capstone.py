"""The capstone: scores that can be trusted, whatever is handed in."""

import json
import os
import re
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import vaelab
from tools import capstone_baselines
from vaelab import latent_diffusion, priors, recipes, weights
from vaelab.grading import capstone
from vaelab.grading.capstone import card as cards
from vaelab.grading.capstone import drawn, measures, rules, submission
from vaelab.grading.capstone.capstone_score import CapstoneScore, Part
from vaelab.grading.capstone.standard import Scale, StandardError
from vaelab.grading.source import for_learners, read_source

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "exercises" / "source" / "capstone"
PARAGRAPH = "The glasses of some faces fade when they are redrawn, most of all thin frames on dark skin. " * 2
SENTENCES = {"name": "Ada", "tried": PARAGRAPH, "failures": PARAGRAPH}
HEADINGS = {"A factor is a noise level": "07", "Do the codes follow the prior?": "08"}
RUN = {"faces": 20, "epochs": 2, "seconds": 1.5, "device": "cpu", "loss": [3.0, 2.0]}


def card(**changes) -> cards.Card:
    """A complete card."""
    return cards.Card(**{**SENTENCES, "recipe": "small-portrait-vae", "runs": (cards.Run(**RUN),), **changes})


def hand_in(folder: Path, model, **changes) -> Path:
    """A submission with a complete card."""
    folder.mkdir(exist_ok=True)
    weights.save(model, folder / "model.safetensors")
    recipe = {"recipe": model.recipe["name"], "options": model.recipe["changes"]}
    (folder / "card.toml").write_text(card(**recipe, **changes).text(), encoding="utf-8")
    return folder


def hand_in_tensors(
    folder: Path, tensors: dict, recipe: dict | str | None = None, prior: list | str | None = None
) -> Path:
    """A submission with these very tensors, under a header that says `recipe` and, if given, `prior`."""
    hand_in(folder, recipes.build("small-portrait-vae"))
    recipe = {"name": "small-portrait-vae", "changes": {}} if recipe is None else recipe
    header = {"recipe": recipe} | ({} if prior is None else {"prior": prior})
    words = {key: said if isinstance(said, str) else json.dumps(said) for key, said in header.items()}
    save_file(tensors, folder / "model.safetensors", metadata=words)
    return folder


def like_ours() -> torch.nn.Module:
    """Trained, and no copy: small-portrait-vae, a little paler."""
    model = vaelab.pretrained("small-portrait-vae")
    with torch.no_grad():
        model.decoder[-2].bias.add_(0.07)
    return model


def tensors_of(model) -> dict:
    return {name: value.contiguous() for name, value in model.state_dict().items()}


@pytest.fixture
def small(monkeypatch) -> Iterator[capstone.Standard]:
    """The public standard with few faces: seconds instead of half a minute."""
    drawn.shipped.cache_clear()
    monkeypatch.setattr(drawn, "FACES", measures.Faces("validation", 0, 10))
    for name, count in {
        "_KNOWN": 200,
        "_EDIT_FACES": 40,
        "_BOUND_FACES": 10,
        "_CALIBRATION_FACES": 50,
        "DRAWS": 2,
    }.items():
        monkeypatch.setattr(measures, name, count)
    yield replace(capstone.Standard.read(), faces=measures.Faces("validation", 0, 100))
    drawn.shipped.cache_clear()


def refused(path: Path) -> str:
    """Why a submission is not accepted; it then has no points at all, and nothing was measured."""
    score = capstone.check_folder(path)
    assert isinstance(score, CapstoneScore)
    assert score.points == 0 and not score.accepted
    assert score.problem in repr(score)
    assert "<table>" in score._repr_html_()
    return score.problem


# ---- scores ----


def test_the_parts_are_ten_points():
    assert sum(rules.POINTS.values()) == 10 == CapstoneScore(()).possible


def test_an_untrained_model_earns_its_card_and_nothing_else(tmp_path, small):
    score = capstone.score(hand_in(tmp_path / "raw", recipes.build("small-portrait-vae", seed=3)), small)
    assert [part.points for part in score.parts] == [0, 0, 0, 1]
    assert not score.remarks


def test_the_models_that_ship_earn_most_points_and_not_all():
    for path in (capstone.Standard.read(), capstone.Standard.read(SOURCE / "hidden.json")):
        shares = {name: scale.share(scale.ours) for name, scale in path.scales.items()}
        assert 8.5 < 1 + sum(3 * share for share in shares.values()) < 9.5
        assert max(shares.values()) < 0.97
        assert all(scale.share(scale.published) < 0.5 for scale in path.scales.values())


def test_our_model_reaches_what_the_baselines_say():
    scale, faces = capstone.Standard.read().scales["bound"], capstone.Standard.read().faces
    assert measures.bound(vaelab.pretrained("portrait-vae"), faces) == pytest.approx(scale.ours, rel=5e-3)


def test_the_course_s_own_model_kept_to_the_rules():
    ours, card = vaelab.pretrained("portrait-vae"), weights.card("portrait-vae")
    assert vaelab.nets.count_parameters(ours) <= rules.PARAMETERS
    assert int(card["data"].split()[0]) * card["epochs"] <= rules.PICTURES


def test_samples_come_from_the_models_own_prior_and_the_bound_does_not_know_it(tmp_path, small):
    model, faces = recipes.build("small-portrait-vae", latent_dim=4).eval(), small.faces
    standard = measures.frechet(model, faces), measures.bound(model, faces)
    model.prior = priors.Normal(4)
    model.prior.mean += 20
    path = hand_in(tmp_path / "mine", model)
    found = submission.read(path).model
    assert torch.equal(found.prior.mean, model.prior.mean)
    assert measures.frechet(found, faces) != pytest.approx(standard[0], rel=1e-3)
    assert measures.bound(found, faces) == pytest.approx(standard[1], rel=1e-3)
    assert "from its own prior, Normal" in repr(capstone.check_folder(path, measure=False))
    model.prior = priors.StandardNormal(4)
    again = submission.read(hand_in(tmp_path / "mine", model)).model
    assert measures.frechet(again, faces) == pytest.approx(standard[0], rel=1e-3)
    assert "from N(0, I)" in repr(capstone.check_folder(path, measure=False))


def test_scores_are_the_same_every_time_whatever_the_state_of_random_draws(tmp_path, small):
    path = hand_in(tmp_path / "like", like_ours())
    torch.manual_seed(1)
    first = capstone.score(path, small)
    torch.manual_seed(2)
    again = capstone.score(path, small)
    assert [p.value for p in first.parts] == [p.value for p in again.parts]
    assert repr(first) == repr(again)
    assert 0 < first.points < 10


def test_noise_levels_and_likelihoods_play_no_part(small):
    model = vaelab.pretrained("small-portrait-vae")
    before = measures.bound(model, small.faces)
    kept = model.likelihood
    for other in (vaelab.losses.Gaussian(3.0), vaelab.losses.Bernoulli(), vaelab.losses.Gaussian(1e-3)):
        model.likelihood = other
        assert measures.bound(model, small.faces) == before
        assert model.likelihood is other
    model.likelihood = kept


def test_the_common_sigma_is_the_one_that_the_elbo_likes_best():
    model = vaelab.pretrained("small-portrait-vae")
    images = vaelab.load("portraits", size=64, n=50)
    sigma = measures.calibrated_sigma(model, images)

    def elbo(level: float) -> float:
        model.likelihood = vaelab.losses.Gaussian(level)
        return vaelab.evaluation.evaluate(model, images, batch_size=100)["elbo"]

    assert elbo(sigma) > max(elbo(0.95 * sigma), elbo(1.05 * sigma))


def test_looking_for_the_common_sigma_seeds_nobody_elses_draws(monkeypatch):
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: pytest.fail("seeded the GPUs"))
    model = recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=4)
    images, state = vaelab.ImageSet(torch.rand(4, 1, 8, 8)), torch.get_rng_state()
    assert measures.calibrated_sigma(model, images) == measures.calibrated_sigma(model, images)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_trained_with_another_likelihood_can_be_handed_in(tmp_path):
    model = recipes.build("small-portrait-vae")
    model.likelihood = vaelab.losses.Laplace(0.1)
    assert capstone.check_folder(hand_in(tmp_path / "laplace", model), measure=False).accepted


# ---- points ----


@pytest.mark.parametrize(
    "scale", [Scale(10, 16, 20, 21), Scale(60, 15, 10, 9, distance=True), Scale(0.2, 0.1, 0.7, 0.8)]
)
def test_points_grow_with_the_measure_and_stop_at_both_ends(scale):
    low, high = (0, 2 * scale.weak) if scale.distance else (scale.weak - 5, scale.end + 5)
    values = [low + i / 2_000 * (high - low) for i in range(2_001)]
    shares = [scale.share(v) for v in values]
    assert shares == sorted(shares, reverse=scale.distance)
    assert {shares[0], shares[-1]} == {0, 1}
    assert scale.share(scale.weak) == 0 and scale.share(scale.end) == 1
    assert max(abs(b - a) for a, b in pairwise(shares)) < 0.03, "no steps"


def test_half_the_points_lie_in_the_middle_of_the_line():
    assert Scale(10, 16, 19, 20).share(15) == pytest.approx(0.5)
    assert Scale(64, 32, 5, 4, distance=True).share(16) == pytest.approx(0.5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_earns_nothing(value):
    assert Scale(84, 15, 9, 8, distance=True).share(value) == 0


def test_baselines_that_cannot_be_are_refused(tmp_path):
    nan = float("nan")
    for weak, ours, end, falls in (
        (21, 10, 30, False),
        (1, 3, 2, False),
        (9, 84, 8, True),
        (9, 3, 4, True),
        (9, 3, 0, True),
        (nan, 1, 2, False),
    ):
        with pytest.raises(StandardError, match="better than"):
            Scale(weak, 1, ours, end, falls)
    with pytest.raises(StandardError, match="capstone_baselines"):
        capstone.Standard.read(tmp_path / "nothing.json")


def test_committed_baselines_say_how_they_were_made_and_survive_a_round_trip(tmp_path):
    for path in (capstone.Standard.read(), capstone.Standard.read(SOURCE / "hidden.json")):
        assert path.made == capstone_baselines.made() | {"with": path.made["with"]}
        path.write(tmp_path / "again.json")
        assert capstone.Standard.read(tmp_path / "again.json") == path


def test_hidden_faces_are_none_that_learners_check_with():
    public, hidden = capstone.Standard.read().faces, capstone.Standard.read(SOURCE / "hidden.json").faces
    assert hidden.split == "test" and hidden.seed != public.seed
    assert hidden.count == public.count, "Frechet distances of fewer pictures are larger"


def scored(key: str, value: float, points: float) -> CapstoneScore:
    """An accepted submission with this one part."""
    part = Part(key, points, "", value, capstone.Standard.read().scales[key])
    return CapstoneScore((part,), card=card(), parameters=1)


def test_a_small_step_shows_in_the_points():
    scale = capstone.Standard.read().scales["frechet"]
    first, second = (round(3 * scale.share(value), 2) for value in (scale.weak - 1, scale.weak - 3))
    assert 0 < first < second < 0.1
    report = repr(scored("frechet", scale.weak - 1, first))
    assert f"{first:.2f} of 3" in report and f"{scale.weak - 1:.2f}" in report


def test_beyond_the_end_there_is_a_star_and_no_point():
    for key, scale in capstone.Standard.read().scales.items():
        better = 0.99 * scale.end if scale.distance else 1.01 * scale.end
        assert scale.share(better) == 1
        score = scored(key, better, 3.0)
        assert score.stars == 1 and score.points == 3 and "★" in repr(score) and "★" in score._repr_html_()
        assert scored(key, scale.ours, 2.9).stars == 0


def test_the_end_of_a_scale_is_half_of_what_ours_lacks(monkeypatch):
    monkeypatch.setattr(capstone_baselines, "_between_real_faces", lambda faces: 1.0)
    end = capstone_baselines.ends({"bound": 100.0, "frechet": 4.0, "control": 0.9}, measures.PUBLIC)
    assert end == {"bound": pytest.approx(4358.7, abs=0.1), "frechet": 2.0, "control": pytest.approx(0.95)}
    for standard in (capstone.Standard.read(), capstone.Standard.read(SOURCE / "hidden.json")):
        ours = {name: scale.ours for name, scale in standard.scales.items()}
        end = capstone_baselines.ends(ours, standard.faces)
        for name in ("bound", "control"):
            assert standard.scales[name].end == pytest.approx(end[name], rel=1e-5)


# ---- card and budget ----


def test_a_card_reads_back_as_it_was_written():
    hostile = 'x"""\n[run]\\u0000 </script> \t é 😀'
    written = card(name=hostile, options={"latent_dim": 32, "sigma": 0.1, "batch_norm": True})
    assert cards.read(written.text()) == written
    tomllib.loads(written.text())


def test_the_card_is_filled_from_the_histories(tmp_path):
    faces = vaelab.load("portraits", size=64, n=20)
    model = recipes.build("small-portrait-vae", latent_dim=8)
    runs = [(faces, vaelab.fit(model, faces, epochs=e, batch_size=10, device="cpu")) for e in (2, 1)]
    folder = capstone.save(model, tmp_path / "mine", runs, **SENTENCES)
    found = submission.read(folder)
    assert found.card.pictures == 60
    assert found.card.runs[0].loss == pytest.approx(runs[0][1]["loss"], rel=1e-5)
    assert found.card.options == {"latent_dim": 8} and found.model.latent_dim == 8
    score = capstone.check_folder(folder, measure=False)
    assert score.points == 1 and "60" in repr(score)


def test_more_pictures_than_the_budget_are_refused(tmp_path):
    within = (cards.Run(**RUN | {"faces": rules.PICTURES // 16, "epochs": 16, "loss": [1.0] * 16}),)
    model = recipes.build("small-portrait-vae")
    assert capstone.check_folder(hand_in(tmp_path / "a", model, runs=within), measure=False).points == 1
    over = hand_in(tmp_path / "b", model, runs=(*within, cards.Run(**RUN)))
    assert f"{rules.PICTURES + 40:,}" in refused(over)


def test_all_runs_count(tmp_path):
    runs = (cards.Run(**RUN),) * 500 + (cards.Run(**RUN | {"faces": rules.PICTURES, "epochs": 1}),)
    text = card(runs=runs).text()
    with pytest.raises(rules.NotAcceptedError, match=f"{rules.PICTURES + 500 * 40:,} pictures"):
        cards.check_budget(cards.read(text))


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ("x" * 200, False),
        ("word " * 60, False),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 " * 5, False),
        (PARAGRAPH, True),
        ("La perte baisse, mais les lunettes fines disparaissent encore sur la peau sombre. " * 2, True),
        ("眼鏡の細いふちは、暗い肌の上では描き直すと消えてしまう。" * 5, True),
    ],
)
def test_a_paragraph_is_something_that_somebody_wrote(said, enough):
    assert ("`tried`" not in "".join(card(tried=said).missing())) is enough


@pytest.mark.parametrize(
    "text",
    [
        ".".join(["a"] * 30_000) + " = 1",
        "[" + " . ".join(["a"] * 15_000) + "]",
        "x = {" + ".".join(['"="'] * 15_000) + " = 1}",
        '# """\n' + ".".join(["1"] * 30_000) + ' = 1\n# """',
        "y = '''\n\"'''\n" + ".".join(["a"] * 30_000) + ' = 1\nz = "\\""',
        'x = "' + '\\"' * 30_000,
        "x = " + "'''" + "''\n" * 20_000,
        "[[run]]\nfaces = 1\nepochs = 1\n" * 2_300,
        "x = " + "{a = " * 10_000,
        "\n".join(f"[a{i}.b.c.d.e.f]" for i in range(3_500)),
    ],
    ids=["key", "header", "quoted", "comment", "strings", "escapes", "quotes", "runs", "tables", "headers"],
)
def test_no_card_takes_long_to_read(text):
    start = time.process_time()
    with suppress(rules.NotAcceptedError):
        cards.read(text[: rules.CARD_BYTES])
    assert time.process_time() - start < 3


def test_a_key_of_many_parts_is_refused_and_dots_in_texts_and_losses_are_not():
    with pytest.raises(rules.NotAcceptedError, match="more than 10 parts"):
        cards.read(".".join("abcdefghijklm") + " = 1")
    honest = card(
        tried="... " * 500 + PARAGRAPH,
        runs=(cards.Run(**RUN | {"epochs": 900, "loss": [0.123456] * 900}),),
    )
    assert cards.read(honest.text()) == honest


@pytest.mark.parametrize("missing", ["name", "tried", "failures"])
def test_an_incomplete_card_costs_its_point_and_says_what_is_missing(tmp_path, missing):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"), **{missing: "  "})
    score = capstone.check_folder(path, measure=False)
    assert score.accepted and score.points == 0
    assert f"`{missing}`" in score.parts[-1].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"no \[\[run\]\]"),
        ("a = [", "not valid TOML"),
        ("a = " + "[" * 5_000, "not valid TOML"),
        ("a = " + "9" * 9_000, "not valid TOML"),
        ("run = 3", r"no \[\[run\]\]"),
        ("model = 3\n[[run]]\nfaces = 1\nepochs = 1", "must be tables"),
        ("[[run]]\nfaces = -5\nepochs = 1", "whole number"),
        ("[[run]]\nfaces = true\nepochs = 1", "whole number"),
        ("[[run]]\nfaces = 1\nepochs = 1\nseconds = nan", "finite"),
        ("[[run]]\nfaces = 1\nepochs = 1\nloss = 'low'", "list of numbers"),
        ("name = 7\n[[run]]\nfaces = 1\nepochs = 1", "must be text"),
    ],
)
def test_hostile_cards_get_a_sentence(tmp_path, text, says):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    (path / "card.toml").write_text(text)
    problem = refused(path)
    assert re.search(says, problem), problem


def test_a_card_that_is_no_text_or_too_long_or_of_another_model(tmp_path):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    (path / "card.toml").write_bytes(b"\x00\xff\x00")
    assert "card.toml, line 1 (ÿ): this is not valid TOML" in refused(path)
    (path / "card.toml").write_bytes(b"#" * 2**17)
    assert "larger" in refused(path)
    (path / "card.toml").write_text(card(recipe="tds-face-vae").text())
    assert "two models" in refused(path)


@pytest.mark.parametrize("name", ["card.toml", "Card.toml", "card.toml.txt"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_card_that_windows_has_saved_is_read(tmp_path, name, encoding):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"), name="Zoë")
    text = (path / "card.toml").read_text(encoding="utf-8")
    (path / "card.toml").unlink()
    (path / name).write_bytes(text.replace("\n", "\r\n").encode(encoding))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in path.iterdir():
            archive.write(file, f"a/{file.name}")
    for place in (path, tmp_path / "a.zip"):
        score = capstone.check_folder(place, measure=False)
        assert score.accepted and score.card.name == "Zoë", score.problem
        assert score.card.tried == cards.read(text).tried


def test_markup_in_a_card_or_file_stays_text(tmp_path):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    (path / "card.toml").write_text(card(recipe="<script>alert(1)</script>").text())
    assert "<script>" not in capstone.check_folder(path)._repr_html_()


# ---- weights ----


def test_too_many_parameters_are_refused_before_they_are_made(tmp_path):
    wide = {"name": "small-portrait-vae", "changes": {"latent_dim": 1_000}}
    path = hand_in_tensors(tmp_path / "a", {}, wide)
    assert f"{rules.PARAMETERS:,} are allowed" in refused(path)
    path = hand_in_tensors(
        tmp_path / "b", {}, {"name": "mayberay-faces-vae", "changes": {"image_shape": [3, 64, 64]}}
    )
    assert "parameters" in refused(path)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("not json", "does not say which recipe"),
        ("[" * 100_000, "does not say which recipe"),
        ("[]", "does not say which recipe"),
        ('{"name": ["small-portrait-vae"], "changes": {}}', "no recipe"),
        ({"name": "os.system", "changes": {}}, "no recipe"),
        ({"name": "small-portrait-vae", "changes": {"latent_dim": 10**12}}, "cannot be built"),
        ({"name": "small-portrait-vae", "changes": {"latent_dim": -1}}, "cannot be built"),
        ({"name": "small-portrait-vae", "changes": {"latent_dim": True}}, "cannot be built"),
        ({"name": "small-portrait-vae", "changes": {"sigma": float("nan")}}, "cannot be built"),
        ({"name": "small-portrait-vae", "changes": {"sigma": 0}}, "cannot be built"),
        ({"name": "small-portrait-vae", "changes": {"depth": 3}}, "no option"),
        ({"name": "small-portrait-vae", "changes": {"image_shape": [3, 10**6, 10**6]}}, "shape"),
        (
            {"name": "residual-mlp-vae", "changes": {"image_shape": [3, 64, 64], "blocks": 10**9}},
            "cannot be built",
        ),
        ({"name": "tds-face-ae", "changes": {"image_shape": [3, 64, 64]}}, "no VAE"),
        ({"name": "tds-face-vae", "changes": {}}, "shape"),
    ],
)
def test_hostile_headers_get_a_sentence(tmp_path, recipe, says):
    assert says in refused(hand_in_tensors(tmp_path / "a", {}, recipe))


@pytest.mark.parametrize(
    ("prior", "says"),
    [
        ("not json", "says of its prior cannot be read"),
        ("[" * 100_000, "says of its prior cannot be read"),
        ("3", "says of its prior cannot be read"),
        (["Normal", 3], "says of its prior cannot be read"),
        ([["Normal"], {}], "no prior"),
        (["Module", {}], "no prior"),
        (["Prior", {"latent_dim": 64}], "no prior"),
        (["Normal", {}], "codes of 64 numbers"),
        (["Normal", {"latent_dim": 8}], "codes of 64 numbers"),
        (["Normal", {"latent_dim": 64.0}], "codes of 64 numbers"),
        (["Normal", {"latent_dim": 64, "components": 2}], "no option 'components'"),
        (["FlowMatching", {"latent_dim": 64, "device": "cuda"}], "no option 'device'"),
        (["FlowMatching", {"latent_dim": 64, "steps": 10**9}], "steps may be from 1 to 100"),
        (["FlowMatching", {"latent_dim": 64, "steps": True}], "steps may be from 1 to 100"),
        (["FlowMatching", {"latent_dim": 64, "hidden": 0}], "hidden may be from 1"),
        (["Mixture", {"latent_dim": 64, "components": 65}], "components may be from 1 to 64"),
        (["FlowMatching", {"latent_dim": 64, "hidden": 1_024}], f"{rules.PRIOR_NUMBERS:,} are allowed"),
        (["Normal", {"latent_dim": 64}], "lacks prior.mean"),
    ],
)
def test_hostile_priors_get_a_sentence(tmp_path, prior, says):
    tensors = tensors_of(recipes.build("small-portrait-vae"))
    assert says in refused(hand_in_tensors(tmp_path / "a", tensors, prior=prior))


def test_numbers_of_a_prior_are_looked_at_as_those_of_the_model_are(tmp_path):
    model, words = recipes.build("small-portrait-vae"), ["Normal", {"latent_dim": 64}]
    model.prior = priors.Normal(64)
    good = tensors_of(model)
    cases = {
        "too much: prior.": (good, None),
        "has shape (2,)": (good | {"prior.mean": torch.zeros(2)}, words),
        "NaN or infinite": (good | {"prior.mean": torch.full((64,), float("nan"))}, words),
    }
    for says, (tensors, prior) in cases.items():
        assert says in refused(hand_in_tensors(tmp_path / "a", tensors, prior=prior))


def test_weights_that_do_not_fit_their_recipe(tmp_path):
    good = tensors_of(recipes.build("small-portrait-vae"))
    name = "to_mu.weight"
    cases = {
        "lacks to_mu.weight": {k: v for k, v in good.items() if k != name},
        "too much: backdoor": good | {"backdoor": torch.zeros(1)},
        "has shape (2, 2)": good | {name: torch.zeros(2, 2)},
        "of type I64": good | {name: good[name].long()},
        "NaN or infinite": good | {name: torch.full_like(good[name], float("nan"))},
        "infinite numbers": good | {name: torch.full_like(good[name], float("-inf"))},
        "lacks": {},
    }
    for says, tensors in cases.items():
        assert says in refused(hand_in_tensors(tmp_path / "a", tensors))


def test_finite_weights_whose_output_is_not_earn_nothing(tmp_path, small):
    good = tensors_of(recipes.build("small-portrait-vae"))
    enormous = good | {"to_log_var.bias": torch.full_like(good["to_log_var.bias"], 1e30)}
    negative = good | {k: -v - 1 for k, v in good.items() if k.endswith("running_var")}
    for tensors in (enormous, negative):
        score = capstone.score(hand_in_tensors(tmp_path / "a", tensors), small)
        assert score.accepted and score.parts[0].points == 0
        assert score.parts[0].value is None and score.parts[0].message


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04\x95 pickle", b"\xff" * 64, b"PK\x03\x04", os.urandom(999)]
)
def test_files_that_are_no_safetensors(tmp_path, content):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    (path / "model.safetensors").write_bytes(content)
    assert "not a safetensors file" in refused(path)


def test_a_file_cut_short_or_too_large(tmp_path):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert "damaged" in refused(path)
    with file.open("wb") as handle:
        handle.truncate(200 * 2**20)
    assert "larger than 16 MB" in refused(path)


# ---- folders and zips ----


def test_missing_files_and_links_are_named(tmp_path):
    assert "no folder" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "an empty folder: a submission is model.safetensors and card.toml" in refused(tmp_path / "empty")
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae"))
    file = path / "model.safetensors"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert "model.safetensors: a link" in refused(path)


def test_a_zip_counts_as_its_folder(tmp_path):
    folder = hand_in(tmp_path / "ada", recipes.build("small-portrait-vae"))
    for inside in ("", "ada/"):
        path = tmp_path / f"ada{len(inside)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in folder.iterdir():
                archive.write(file, inside + file.name)
            archive.writestr("../../evil.txt", "x")
        assert repr(capstone.check_folder(path, measure=False)) == repr(
            capstone.check_folder(folder, measure=False)
        )
    assert not (tmp_path.parent / "evil.txt").exists()


def test_hostile_zips(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.toml", card().text())
        archive.writestr("model.safetensors", b"\0" * (60 * 2**20))
    assert "larger" in refused(bomb)
    (tmp_path / "text.zip").write_text("no zip")
    assert "the archive is broken" in refused(tmp_path / "text.zip")


# ---- whose pictures ----


def disguised(name: str) -> torch.nn.Module:
    """Other numbers, the same pictures: all channels turned and doubled, codes in another order."""
    model = vaelab.pretrained(name)
    draws = torch.Generator().manual_seed(0)
    parts = [part for part in model.modules() if isinstance(part, (torch.nn.Conv2d, torch.nn.BatchNorm2d))]
    with torch.no_grad():
        for before, norm in pairwise(parts):
            if isinstance(before, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d):
                before.weight.mul_(-2)
                norm.running_mean.mul_(-2)
                norm.running_var.mul_(4)
                norm.weight.neg_()
                if before.bias is not None:
                    before.bias.mul_(-2)
        order = torch.randperm(model.latent_dim, generator=draws)
        for head in (model.to_mu, model.to_log_var):
            head.weight.copy_(head.weight[order])
            head.bias.copy_(head.bias[order])
        first = model.decoder[0]
        first.weight.copy_(first.weight[:, order])
    model.prior = None
    return model


@pytest.mark.parametrize("name", ["portrait-vae", "small-portrait-vae"])
def test_a_copy_is_refused_whatever_its_weights_look_like(tmp_path, small, name):
    ours, model = vaelab.pretrained(name), disguised(name)
    assert (model.to_mu.weight - ours.to_mu.weight).norm() > ours.to_mu.weight.norm()
    faces = vaelab.load("portraits", size=64, n=4, split="validation")
    both = [vaelab.latent.reconstruct(m, faces) for m in (ours, model)]
    assert (both[0] - both[1]).abs().max() < 1e-3
    errors = [drawn.sketch(redrawn - faces.float()) for redrawn in both]
    assert drawn.distance(*errors) < 1e-3
    path = hand_in(tmp_path / "copy", model)
    assert f"redraws faces as {name} does" in refused(path)
    assert capstone.score(path, small).points == 0


def test_a_model_like_one_of_ours_is_remarked_and_scored(tmp_path, small):
    score = capstone.score(hand_in(tmp_path / "like", like_ours()), small)
    assert score.accepted and score.points > 1
    assert "like those of small-portrait-vae" in score.remarks[0] and len(score.remarks) == 1


def test_a_sketch_keeps_distances():
    draws = torch.Generator().manual_seed(3)
    a, b = (torch.randn(10, 3, 64, 64, generator=draws) for _ in "ab")
    assert drawn.distance(drawn.sketch(a), drawn.sketch(b)) == pytest.approx(2, rel=0.1)
    near = drawn.distance(drawn.sketch(a), drawn.sketch(a + 0.1 * b))
    assert near == pytest.approx(0.01, rel=0.1)
    assert sum(v * v for v in drawn.sketch(a)) == pytest.approx(a.square().mean().item(), rel=0.1)
    assert drawn.distance([], []) == float("inf"), "no pictures are like no others"


def test_the_report_shows_samples_and_the_worst_faces_first(tmp_path, small):
    score = capstone.score(hand_in(tmp_path / "raw", recipes.build("small-portrait-vae")), small)
    assert len(score.shown.samples) == 8
    errors = [error for _, error in score.shown.worst]
    assert len(errors) == 4 and errors == sorted(errors, reverse=True) and errors[-1] > 0
    faces = drawn.unseen(drawn.FACES).float()
    redrawn = vaelab.latent.reconstruct(submission.read(tmp_path / "raw").model, faces)
    assert errors[0] == pytest.approx((redrawn - faces).flatten(1).square().mean(1).max().item(), rel=0.01)
    html = score._repr_html_()
    assert html.count("data:image/png;base64,") == 12 and html.count('alt="') == 12
    assert len(html) < 200_000


# ---- other priors and grids ----


def test_grids_and_their_diffusion_can_be_handed_in(tmp_path):
    model = recipes.build("grid-vae")
    model.prior = latent_diffusion.LatentDiffusion(model.grid_shape, ["Smiling"], width=32, blocks=1, steps=2)
    score = capstone.check_folder(hand_in(tmp_path / "a", model), measure=False)
    assert score.accepted and "its own prior, LatentDiffusion" in repr(score)
    found = submission.read(tmp_path / "a").model
    assert torch.allclose(found.eval().sample(2, seed=0), model.eval().sample(2, seed=0), atol=0.01)


GRID = {"grid_shape": [4, 8, 8]}


@pytest.mark.parametrize(
    ("recipe", "options", "says"),
    [
        ("small-portrait-vae", GRID, "must be for grids"),
        ("grid-vae", {}, "must be for grids"),
        ("grid-vae", {"grid_shape": [256, 1, 1]}, "must be for grids"),
        ("grid-vae", GRID | {"attributes": "Smiling"}, "list of names"),
        ("grid-vae", GRID | {"attributes": ["a"] * 101}, "list of names"),
        ("grid-vae", GRID | {"network": ["residual"]}, "no network"),
        ("grid-vae", GRID | {"network": "convolutional", "width": 12}, "cannot be built"),
        ("grid-vae", GRID | {"width": 1_024}, "are allowed"),
        ("grid-vae", GRID | {"steps": 10**9}, "steps may be from 1 to 100"),
        ("grid-vae", GRID, "lacks prior"),
    ],
)
def test_hostile_diffusions_get_a_sentence(tmp_path, recipe, options, says):
    model = recipes.build(recipe)
    told = {"name": recipe, "changes": {}}
    path = hand_in_tensors(tmp_path / "a", tensors_of(model), told, ["LatentDiffusion", options])
    (path / "card.toml").write_text(card(recipe=recipe).text())
    assert says in refused(path)


def test_a_code_has_an_end(tmp_path):
    wide = {"name": "grid-vae", "changes": {"channels": 64}}
    assert "2,048 are allowed" in refused(hand_in_tensors(tmp_path / "a", {}, wide))


def test_no_control_code_reaches_the_terminal(tmp_path):
    odd = {"name": "small-portrait-vae", "changes": {"\x1b]0;owned\x07\u202e": 1}}
    score = capstone.check_folder(hand_in_tensors(tmp_path / "a", {}, odd))
    assert "no option" in repr(score)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", repr(score) + score._repr_html_())


# ---- the notebook ----


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return for_learners(read_source(SOURCE / "exercise.md"))


def run_cells(notebook: nbformat.NotebookNode) -> dict:
    """Run the notebook's code; what it leaves behind."""
    names: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return names


def test_the_notebook_runs_unfilled_and_earns_nothing(tmp_path, monkeypatch, notebook):
    monkeypatch.chdir(tmp_path)
    names = run_cells(notebook)
    assert names["SHARE"] < 0.02, "an unfilled notebook is to run in seconds"
    score = capstone.check_folder(tmp_path / names["FOLDER"], measure=False)
    assert score.accepted and score.points == 0
    assert score.card.pictures <= names["SHARE"] * capstone.PICTURES


def test_the_notebook_trains_as_the_weak_baseline_does(notebook):
    (cell,) = [c for c in notebook.cells if "q1" in c.metadata.get("tags", [])]
    assert f"EPOCHS = {capstone_baselines.EPOCHS}\n" in cell.source
    assert f'recipes.build("{capstone_baselines.WEAK}", seed=0)' in cell.source
    assert "vaelab.fit(model, faces, epochs=EPOCHS, batch_size=64)" in cell.source
    assert f"{capstone_baselines.SHARE:g} to try something" in cell.source


def test_the_text_states_the_rules_as_they_are(notebook):
    text = "\n".join(c.source for c in notebook.cells)
    for said in (
        f"{rules.PARAMETERS:,} parameters",
        f"{rules.PRIOR_NUMBERS:,} numbers",
        f"{rules.PICTURES:,} pictures",
        f"$K = {measures.DRAWS}$",
        f"Below {rules.SAME:g} the model is a copy",
        f"Below {rules.NEAR:g} your instructor",
        f"{cards.FEWEST_LETTERS} letters or more, and at least {cards.FEWEST_WORDS} different words",
    ):
        assert said in text
    for heading, chapter in HEADINGS.items():
        assert f"*{heading}*" in text.replace("\n", " ")
        (page,) = (ROOT / "book").glob(f"{chapter}-*.ipynb")
        assert f"# {heading}" in page.read_text(encoding="utf-8")


def test_files_of_the_package_say_which_recipe_without_torch_load(tmp_path):
    path = hand_in(tmp_path / "a", recipes.build("small-portrait-vae", sigma=0.1))
    with safe_open(path / "model.safetensors", framework="pt") as file:
        named = json.loads(file.metadata()["recipe"])
    assert named == {"name": "small-portrait-vae", "changes": {"sigma": 0.1}}
