"""The `vaelab` command: what can be asked for. `vaelab.commands` does it.

A subcommand's imports happen when it runs, so `--help` is instant.
"""

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

import vaelab
from vaelab.faults import Ending


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code, see `faults.Ending`."""
    with Ending() as ending:
        options = _parsed(arguments)
        name, ending.traceback = options.pop("command"), options.pop("traceback")
        from vaelab import commands

        ending.code = getattr(commands, name)(**options)
    return ending.code


def _parsed(arguments: list[str] | None) -> dict[str, Any]:
    """What was asked for. Of a word that a command does not know, the command says what was meant."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        [commands] = (action for action in parser._actions if action.dest == "command")
        command = commands.choices[options.command]  # type: ignore[call-overload, index]
        command.error(f"unrecognized arguments: {' '.join(unknown)}{_meant(unknown[0], command)}")
    return vars(options)


def _meant(word: str, command: argparse.ArgumentParser) -> str:
    known = [option for option in command._option_string_actions if option.startswith("--")]
    if near := difflib.get_close_matches(word.partition("=")[0], known, n=1):
        return f". Did you mean {near[0]}?"
    if word.startswith("--") and "--set" in known:
        return ". An option of a recipe follows --set, for instance --set latent_dim=32."
    return ""


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name of a file or folder is missing")
    return Path(text).expanduser()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vaelab", description="Variational autoencoders: the course's commands."
    )
    parser.add_argument("--version", action="version", version=f"vaelab {vaelab.__version__}")
    parser.add_argument(
        "--traceback", action="store_true", help="with any command: show where an error came from"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    commands.add_parser("doctor", help="say what this machine has, what is missing, and what to do about it")
    commands.add_parser("recipes", help="list the named models and the trained ones")
    _train(commands.add_parser("train", help="train a model, with checkpoints"))
    _sample(commands.add_parser("sample", help="draw new pictures from a model"))
    _evaluate(commands.add_parser("evaluate", help="measure a model; prints JSON"))
    _export(commands.add_parser("export", help="write a run's weights into one small file"))
    _progress(commands.add_parser("progress", help="show what is reached in the exercises"))
    _grade(commands.add_parser("grade", help="for instructors: grade a folder of exercises"))
    _capstone(
        commands.add_parser("capstone", help="check a capstone; for instructors: grade those of a class")
    )
    _exercises(
        commands.add_parser("exercises", help="for instructors: make the exercises from their sources")
    )
    for command in commands.choices.values():
        hidden = argparse.SUPPRESS  # said once, above
        command.add_argument("--traceback", action="store_true", default=hidden, help=hidden)
    for option in (option for command in commands.choices.values() for option in command._actions):
        if option.metavar in ("FILE", "DIR", "FOLDER"):  # what the help calls so is one
            option.type = _path
    return parser


_AS_FIT = " (default %(as_fit)s)"


class _Default:
    """A default of `fit`, looked up when a help text is shown: only then is PyTorch needed."""

    def __init__(self, name: str):
        self.name = name

    def __str__(self) -> str:
        from vaelab import commands

        return str(commands.default_of(self.name))


def _train(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Train a model and write a checkpoint after each epoch. Ctrl-C stops in good order; the same command "
        "with --resume (or `vaelab train --out DIR --resume`) goes on as if nothing had happened."
    )
    add = parser.add_argument
    add(
        "--out",
        metavar="DIR",
        help="folder of this run: its options and checkpoints (default: runs/ and the name of the pictures)",
    )
    add("--resume", action="store_true", help="go on from the newest checkpoint in DIR")
    add(
        "--data",
        help="portraits, digits, cylinders, wardrobe, clothes, handwritten, fashion_mnist, mnist, celeba, "
        "ffhq, or a folder, zip or tar of your own pictures",
    )
    add("--recipe", help="which model; `vaelab recipes` lists them (default: portrait-vae)")
    add(
        "--epochs",
        type=int,
        help="times through the pictures, resumed parts included (default: as many as make about 1500 steps, "
        "10 at least and 200 at most)",
    )
    add("--size", type=int, help="height and width in pixels (default: the recipe's)")
    add("--n", type=int, help="how many pictures (default: 10,000 drawn ones, or all there are)")
    add("--validation", type=int, metavar="N", help="measure on N others at most (default 1000)")
    add("--batch-size", type=int, help="pictures a step, over all processes" + _AS_FIT)
    add("--lr", type=float, help="Adam's step size" + _AS_FIT)
    add("--schedule", help="constant, or cosine to let the step size fall to 0" + _AS_FIT)
    add("--kl-warm-up", type=float, metavar="EPOCHS", help="epochs over which the KL gains weight" + _AS_FIT)
    add("--augment", action="store_true", default=None, help="mirror, shift and brighten pictures at random")
    add("--set", action="append", metavar="OPTION=VALUE", help="an option of the recipe: --set latent_dim=32")
    add("--seed", type=int, help="of weights, data, order and draws" + _AS_FIT)
    add("--precision", choices=("fp32", "bf16"), help="number format (default: probe which is faster)")
    add("--keep", type=int, metavar="K", help="how many of the newest checkpoints stay" + _AS_FIT)
    add("--prior", choices=("normal", "mixture", "flow"), help="fit this to the pictures' codes afterwards")
    add("--device", help="cpu, cuda, cuda:1, mps (default: the fastest there is)")
    for action in parser._actions:
        action.as_fit = _Default(action.dest)  # type: ignore[attr-defined]


_MODEL = "a run's folder, a checkpoint in it, a weights file, or the name of a model that comes with vaelab"


def _sample(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help=_MODEL)
    add("--out", default="samples.png", metavar="FILE", help="picture to write (default samples.png)")
    add("--n", type=int, default=64, help="how many (default 64)")
    add("--seed", type=int, help="the same seed gives the same pictures")
    add(
        "--prior",
        choices=("standard", "learned"),
        help="what codes are drawn from: N(0, I), or what was fitted to codes (default: the latter if there)",
    )
    add("--noise", action="store_true", help="draw pixels too, as p(x) says, instead of taking their mean")
    add("--device", help="cpu, cuda, mps")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help=_MODEL)
    add("--data", help="what to measure on (default: what it was trained on)")
    add("--split", default="test", help="train, validation, test (default), or all, of photographs")
    add("--n", type=int, default=1_000, help="how many pictures at most (default 1000)")
    add("--samples", type=int, default=100, help="draws a picture for the importance-weighted bound")
    add("--seed", type=int, default=0, help="of the choice of pictures and of the draws (default 0)")
    add("--device", help="cpu, cuda, mps")


def _export(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help=_MODEL)
    add("out", metavar="FILE", help="x.safetensors, with its card beside it; or x.js, the decoder for a page")
    add("--precision", choices=("fp16", "fp32"), default="fp16", help="number format (default fp16)")


def _progress(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show the best score of each exercise, as the checks in the notebooks keep it. When every point is "
        "reached, --certificate writes a page to print."
    )
    add = parser.add_argument
    add(
        "folder",
        metavar="FOLDER",
        nargs="?",
        help="where the notebooks are (default: exercises if it is here, else this folder)",
    )
    add("--certificate", metavar="FILE", help="page to write, for instance certificate.html")
    add("--name", help="the name on the certificate")


def _grade(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Grade notebooks: flat in a folder, in one folder a student, or in an archive of Moodle or Canvas. "
        "Each runs in a sandbox (Linux), and a broken one costs nobody else anything. Marks typed into the "
        "columns for written answers stay when the same command runs again, and what did not change is not "
        "run again."
    )
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="folder or .zip with the submissions")
    add(
        "--out",
        required=True,
        metavar="FILE",
        help="table of scores to write (CSV), a row for each submission",
    )
    add(
        "--html",
        metavar="DIR",
        help="write a page of feedback for each submission, and a summary, index.html",
    )
    add("--cases", metavar="FILE", help="write a second table (CSV), a row for each check of each submission")
    add(
        "--hidden",
        metavar="DIR",
        help="folder of the hidden checks (default: exercises/hidden, else exercises/source)",
    )
    add("--jobs", type=int, metavar="N", help="submissions at a time, 1 or more (default: one a core)")
    add(
        "--unsafe",
        action="store_true",
        help="run submissions without a sandbox: they can do all that you can",
    )


def _capstone(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Score a capstone on public faces and show the report. With --hidden, for instructors: grade one or "
        "a whole class on hidden faces, half a minute each. No code of a submission runs, since weights are "
        "plain numbers (safetensors): this needs no sandbox. Marks typed into the column for failures stay "
        "when the same command runs again, and what did not change is not measured again."
    )
    add = parser.add_argument
    add(
        "folder",
        metavar="FOLDER",
        help="a submission, folder or .zip; with --hidden also a folder or .zip of many",
    )
    add(
        "--hidden",
        metavar="FILE",
        help="baselines on hidden faces, such as exercises/hidden/capstone/hidden.json",
    )
    add("--out", metavar="FILE", help="with --hidden: table of scores to write (CSV), such as capstone.csv")
    add(
        "--html",
        metavar="DIR",
        help="write the report with pictures, report.html; with --hidden: feedback for each, and index.html",
    )
    add("--rules-only", action="store_true", help="look at rules and card and measure nothing")


def _exercises(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make the learners' notebooks, their pages in the book, and exercises/hidden, which stays with the "
        "instructor: hidden checks and solved notebooks."
    )
    parser.add_argument("action", choices=("build",), metavar="build", help="make all of it anew")
    parser.add_argument(
        "--root", default=".", metavar="DIR", help="the copy of the course (default: this folder)"
    )


if __name__ == "__main__":
    sys.exit(main())
