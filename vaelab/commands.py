"""What the subcommands of `vaelab` do: the functions that the notebooks call, with a file at each end.

Each returns the command's exit code.
"""

import ast
import contextlib
import inspect
import json
import math
import os
import re
import shlex
import sys
from pathlib import Path

from tqdm.auto import tqdm

import vaelab
from vaelab import evaluation, latent, nets, priors, provenance, run_file, weights
from vaelab.data import ImageSet
from vaelab.data.arguments import whole_number
from vaelab.data.augment import Augment
from vaelab.data.loading import CLOTHES, lasting_name, load_at_most
from vaelab.errors import CheckpointError, DataError, EmptySplitError, MissingDataError, ModelError
from vaelab.files import written_whole
from vaelab.models import VAE
from vaelab.recipes import RECIPES, build
from vaelab.training import Checkpoints, History, fit
from vaelab.training.checkpoints import WITH_PRIOR, TrainingState
from vaelab.training.distributed import leads
from vaelab.training.settings import Settings


def default_of(option: str) -> object:
    """What `fit` and `Checkpoints` take where nothing is said: the only place where these numbers stand."""
    known = {**inspect.signature(Checkpoints).parameters, **inspect.signature(fit).parameters}
    return known[option].default


_FIT_OPTIONS = ("batch_size", "lr", "schedule", "kl_warm_up", "seed", "precision")  # as `fit` calls them
_TRAIN_DEFAULTS: dict[str, object] = {
    **{name: default_of(name) for name in (*_FIT_OPTIONS, "keep")},
    "recipe": "portrait-vae",
    "size": None,
    "n": None,
    "validation": 1_000,
    "augment": False,
    "set": [],
    "prior": None,
}
_STEPS = 1_500  # about as many make a first run of so many epochs:
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 200
_OF_THEIR_OWN = {"name": "--recipe", "seed": "--seed", "size": "--size"}  # of `build`, besides a recipe's
_MAY_CHANGE = ("epochs", "keep", "prior")  # between the parts of one run
_DRAWS = 4  # codes of each picture that a prior is fitted to; of few pictures more, until there are
_CODES = 20  # codes for each latent


def doctor() -> int:
    from vaelab.doctor import report

    print(report())
    return 0


def recipes() -> int:
    print("Recipes")
    for name, recipe in RECIPES.items():
        size = "x".join(map(str, recipe.image_shape))
        count = nets.count_parameters(build(name))
        print(f"  {name:20}  {size:>9}  {count:>9,} parameters  {recipe.source}")
    print("\nTrained and ready: " + (", ".join(weights.names()) or "none"))
    return 0


def train(out: Path | None, resume: bool, device: str | None, **given) -> int:
    """Train, or go on training. The run's options are kept in `run.json` in its folder."""
    given["data"] = given["data"] and lasting_name(given["data"])
    out = out or _usual_folder(given["data"])
    options = _resumed(out, given) if resume else _asked(given)
    store = _Run(out, options)
    _check(options, device)
    model = _build(options)
    if options["prior"] and not isinstance(model, VAE):
        raise ModelError(f"--prior is for a VAE; {options['recipe']} builds an autoencoder.")
    images, validation = _pictures(options, model.image_shape[-1])
    model = _of_their_channels(model, images, options)
    if options["epochs"] is None:
        options["epochs"] = _usual_epochs(len(images), options["batch_size"])
    with store.alone():
        if leads():
            print(
                f"Pictures of {options['data']}: {len(images):,} to learn from, {len(validation):,} to "
                f"measure on. Epochs: {options['epochs']}. The run is kept in {out}."
            )
        # Batch norm takes a spread, which one picture does not have.
        spread = images if len(images) > 1 else images[[0, 0]]
        history = fit(
            model,
            spread,
            validation=validation,
            epochs=options["epochs"],
            augment=Augment() if options["augment"] else None,
            device=device,
            checkpoints=store,
            resume=resume,
            after_epoch=_report,
            **{name: options[name] for name in _FIT_OPTIONS},
        )
        if options["prior"] and leads() and not history.interrupted:
            history.interrupted = not _has_prior(out, images, options, device)
    return _ended(history, model, out)


def _usual_folder(data: str | None) -> Path:
    """Where a run goes if nothing is said: runs/cats for pictures of ./cats, or of cats.zip."""
    if data is None:
        raise ValueError("Name the run's folder with --out, or what to learn from with --data.")
    return Path("runs", Path(data).stem if Path(data).is_file() else Path(data).name)


def _usual_epochs(images: int, batch_size: int) -> int:
    """As many as make about so many steps: few of many pictures, many of few."""
    steps = math.ceil(images / max(1, batch_size))
    return min(max(math.ceil(_STEPS / steps), _FEWEST_EPOCHS), _MOST_EPOCHS)


def _of_their_channels(model, images: ImageSet, options: dict):
    """The recipe built for the pictures' channels, as for their size, unless a shape was asked for."""
    if images.shape[0] == model.image_shape[0] or any(map(_is_shape, options["set"])):
        return model
    if leads():
        print(f"{options['recipe']}, for {_kind(model.image_shape)}, is built for {_kind(images.shape)}.")
    return _build({**options, "size": None, "set": [*options["set"], f"image_shape={images.shape}"]})


def _kind(shape: tuple[int, int, int]) -> str:
    return {1: "grey pictures", 3: "colour pictures"}.get(shape[0], f"pictures of {shape[0]} channels")


def _is_shape(change: str) -> bool:
    return _change(change)[0] == "image_shape"


def _has_prior(folder: Path, images: ImageSet, options: dict, device: str | None) -> bool:
    """Fit a prior to codes of the checkpoint that counts, unless that was done; False if interrupted."""
    model, kind = _find(str(folder), device), priors.KINDS[options["prior"]]
    if type(model.prior) is not kind:
        draws = max(_DRAWS, math.ceil(_CODES * (model.latent_dim + 1) / len(images)))
        codes = latent.draw_codes(model, images, draws=draws, seed=options["seed"])
        model.prior = kind(model.latent_dim).to(latent.device_of(model)).fit(codes, seed=options["seed"])
        if getattr(model.prior, "interrupted", False):
            return False
        checkpoint = _checkpoint(folder)
        weights.save(model, checkpoint / WITH_PRIOR, half=False)
        print(f"Fitted a prior, {options['prior']}, to {len(codes)} codes of {checkpoint.name}.")
    return True


def _pictures(options: dict, size: int) -> tuple[ImageSet, ImageSet]:
    """What to learn from, and what to measure on: of one's own pictures there may be few."""
    how = {"name": options["data"], "size": size, "seed": options["seed"]}
    most = whole_number("--validation, how many pictures to measure on,", options["validation"])
    try:
        images = vaelab.load(n=options["n"], **how)
        return images, load_at_most(most, split="validation", **how)
    except MissingDataError as error:
        if not Path(options["data"]).is_absolute():
            raise
        raise MissingDataError(f"{error} If it was moved, say where it is now: --data.") from error
    except EmptySplitError as error:
        raise DataError(
            f"{options['data']} has too few pictures to train on: two different ones are needed, one to "
            "learn from and one to measure on. Add pictures."
        ) from error


def _asked(given: dict) -> dict:
    if given["data"] is None:
        raise ValueError(
            "A new run needs --data: a folder of pictures, or the name of a set. `vaelab train --help` lists "
            "the sets, and all options."
        )
    return {name: _TRAIN_DEFAULTS.get(name) if value is None else value for name, value in given.items()}


def _resumed(folder: Path, given: dict) -> dict:
    """The options the run was started with; others on the command line must say the same."""
    options = {"prior": None, **run_file.read(folder)}
    if not (folder / run_file.FILE).exists():
        if given["data"] is not None:
            return _asked(given)  # killed before it wrote anything: begin
        raise CheckpointError(
            f"There is no run in {folder}: {run_file.FILE} is missing. Start it without --resume."
        )
    usual = {name: _TRAIN_DEFAULTS.get(name) for name in given} | {"data": "FOLDER OR SET"}
    run_file.need(options, usual, folder)
    options["data"] = lasting_name(options["data"])  # once it was kept as it was typed
    for name, value in given.items():
        if value is None or value == options[name]:
            continue
        if name not in _MAY_CHANGE and not (name == "data" and _moved(options[name], value)):
            flag = name.replace("_", "-")
            raise CheckpointError(
                f"The run in {folder} was started with --{flag} {options[name]}, not {value}. Leave --{flag} "
                "out to go on with it, or start a new run in another folder."
            )
        options[name] = value
    return options


def _moved(before: str, now: str) -> bool:
    """Whether pictures are no longer where they were, so that a run may say where they are."""
    return Path(before).is_absolute() and not Path(before).exists() and Path(now).exists()


def _build(options: dict):
    changes = dict(map(_change, options["set"]))
    for name in sorted(changes.keys() & _OF_THEIR_OWN.keys()):
        raise ValueError(f"--set {name}: that has an option of its own, {_OF_THEIR_OWN[name]}.")
    model = build(options["recipe"], seed=options["seed"], size=options["size"], **changes)
    if model.image_shape[1] != model.image_shape[2]:
        raise DataError(
            f"Pictures come as squares: ask for their side with --size, not for {model.image_shape}."
        )
    return model


def _change(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set takes OPTION=VALUE, for instance --set latent_dim=32, not {text!r}.")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        raise ValueError(f"--set {name}: {value!r} is not a number, a tuple, True or False.") from None


def _check(options: dict, device: str | None) -> None:
    """Look at what `fit` will look at, before pictures are read, which may take minutes."""
    numbers = {name: options[name] for name in _FIT_OPTIONS if name != "precision"}
    Settings(1 if options["epochs"] is None else options["epochs"], **numbers, initial_epoch=0)
    vaelab.device(device)


class _Run(Checkpoints):
    """A run's checkpoints, with its options beside them, in `run.json`.

    They are written down when `fit` has nothing to object: a run that was refused is as it was before.
    """

    def __init__(self, folder: Path, options: dict):
        super().__init__(folder, options["keep"])
        self.options = options

    def starting_point(self, *args, **how) -> tuple[Path, TrainingState] | None:
        found = super().starting_point(*args, **how)
        if leads():
            run_file.write(self.folder, self.options)
        return found


def _report(epoch: int, history: History) -> None:
    if leads():
        terms = "  ".join(f"{name} {value:.4g}" for name, value in history.train[-1].items())
        tqdm.write(f"epoch {epoch}: {terms}  validation loss {history.validation[-1]['loss']:.4g}")


def _ended(history: History, model, folder: Path) -> int:
    if not leads():
        return 0
    if history.interrupted:
        print(f"Interrupted. Go on with: vaelab train --out {_typed(folder)} --resume")
        return 130
    what = "Look at it with: vaelab sample" if isinstance(model, VAE) else "Measure it with: vaelab evaluate"
    print(f"Done in {history.seconds:.0f} s. {what} {_typed(folder)}")
    return 0


def _typed(path: str | Path) -> str:
    """A path as it is typed in a terminal, which takes many signs for its own."""
    text = str(path)
    if re.fullmatch(r"[\w@%+=:,./-]+", text.replace("\\", "/") if os.name == "nt" else text):
        return text
    return shlex.quote(text) if os.name != "nt" and set(text) & set('"$`\\!') else f'"{text}"'


def sample(
    model: str,
    out: Path,
    n: int,
    seed: int | None,
    prior: str | None,
    noise: bool,
    device: str | None,
) -> int:
    """Write a sheet of new pictures."""
    from vaelab.sample_sheet import sample_sheet

    if out.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise DataError(f"--out {out}: name a picture file, for instance samples.png.")
    found = _find(model, device)
    if not isinstance(found, VAE):
        raise ModelError(
            f"{model} is an autoencoder: it has no prior, so nothing to draw new pictures from. What it can "
            f"do is to rebuild pictures, and `vaelab evaluate {_typed(model)}` says how well. To draw new "
            "ones, train a VAE: `vaelab recipes` lists them."
        )
    if prior == "learned" and found.prior is None:
        run = _typed(model) if Path(model).is_dir() else "RUN"
        raise ModelError(
            f"{model} has no learned prior. `vaelab train --out {run} --resume --prior flow` fits one to a "
            "run's pictures."
        )
    drawn_from = priors.StandardNormal(found.latent_dim) if prior == "standard" else None
    sheet = sample_sheet(found, n, seed, drawn_from, noise)
    out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(out) as temporary:
        ending = out.suffix[1:].lower().replace("jpg", "jpeg")
        sheet.save(temporary, format=ending)
    print(f"{n} pictures in {out}")
    return 0


def evaluate(
    model: str, data: str | None, split: str, n: int, samples: int, seed: int, device: str | None
) -> int:
    """Print a model's measures as JSON, and what they were measured on: by default what it was trained on."""
    found = _find(model, device)
    data = lasting_name(data or provenance.trained_on(model))
    with contextlib.redirect_stdout(sys.stderr):  # what loading has to say is no part of the JSON
        images = load_at_most(n, data, size=found.image_shape[-1], split=split, seed=seed)
    if images.shape[0] != found.image_shape[0]:
        raise DataError(
            f"{model} is for {_kind(found.image_shape)}; those of {data} are {_kind(images.shape)}. Name "
            "others with --data."
        )
    measured_on = {"data": images.name if data == CLOTHES else data, "split": split}
    measures = evaluation.report(found, images, samples=samples, seed=seed)
    numbers = {name: value for name, value in measures.items() if isinstance(value, int | float)}
    if broken := [name for name, value in numbers.items() if not math.isfinite(value)]:  # JSON has no such
        raise ModelError(
            f"{model} has no finite {', '.join(broken)} on these pictures: most likely its training "
            "diverged. Then train it again, with a smaller step size."
        )
    print(json.dumps(measured_on | measures, indent=1))
    return 0


def export(model: str, out: Path, precision: str) -> int:
    """Write weights and card, or, to a name that ends in .js, the decoder for a web page."""
    found = _find(model, "cpu")
    if out.suffix.lower() == ".js":
        _export_page(found, out, precision)
    else:
        out = weights.save(found, out, card=_card(model, found), half=precision == "fp16")
    print(f"{out.stat().st_size / 1e6:.2f} MB in {out}")
    return 0


def grade(**options) -> int:
    """Grade a folder of submissions."""
    from vaelab.grading.marking.grade import grade

    return grade(**options)


def capstone(**options) -> int:
    """Check a capstone, or grade those of a class."""
    from vaelab.grading.capstone import command

    return command.run(**options)


def progress(folder: Path | None, certificate: Path | None, name: str | None) -> int:
    """Show what is reached in the exercises, and write the certificate."""
    from vaelab.grading import certificate as page
    from vaelab.grading import standing

    reached = standing.of(folder or standing.default_folder())
    print(standing.table(reached))
    if certificate:
        print(f"\nCertificate: {page.write(certificate, reached, name)}")
    return 0


def exercises(action: str, root: Path) -> int:
    """Make the exercises from their sources."""
    from vaelab.grading.build import build

    written = build(root)
    print(f"Wrote {len(written)} files. exercises/hidden stays with you: it holds checks and solutions.")
    return 0


def _export_page(found, path: Path, precision: str) -> None:
    if precision != "fp16":
        raise ValueError(f"A page's weights are always fp16: leave out --precision {precision}.")
    from vaelab.explorers.page_decoder import pack

    script = pack(found).script()
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_text(script, encoding="utf-8")


def _find(model: str, device: str | None):
    """A run's folder (its best checkpoint, or the newest), a weights file, or a shipped name."""
    device, path = vaelab.device(device), Path(model).expanduser()
    if path.is_dir():
        checkpoint = _checkpoint(path)
        names = [name for name in (WITH_PRIOR, "model.safetensors") if (checkpoint / name).exists()]
        return weights.load(checkpoint / names[0], device)
    if path.suffix.lower() == ".safetensors":
        return weights.load(path, device)
    return weights.pretrained(model, device)


def _checkpoint(folder: Path) -> Path:
    """The checkpoint that a folder stands for: a run's best or newest one, or the folder itself."""
    if provenance.is_checkpoint(folder):
        Checkpoints(folder.parent).check(folder)
        return folder
    store = Checkpoints(folder)
    if best := store.best():
        return best
    newest = store.newest()
    if newest is None:
        raise CheckpointError(f"{folder} has no checkpoints: train there first, or name another folder.")
    return newest[0]


def _card(model: str, found) -> dict:
    """What is known about a run, for the one who gets its weights."""
    folder = Path(model).expanduser()
    options = provenance.to_tell(provenance.options_of(model))
    if not folder.is_dir():
        return {"recipe": found.recipe, "options": options}
    checkpoint = _checkpoint(folder)
    history = Checkpoints(folder).check(checkpoint).history
    return {
        "recipe": found.recipe,
        "options": options,
        "epochs": len(history.train),
        "seconds": round(history.seconds, 1),
        "device": history.device,
        "arithmetic": history.arithmetic,
        "train": history.train[-1:],
        "validation": history.validation[-1:],
        "vaelab": vaelab.__version__,
    }
