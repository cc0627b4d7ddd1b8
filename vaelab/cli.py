"""The `vaelab` command. It imports what a subcommand needs only when that runs, so `--help` is instant."""

import argparse
import sys

import vaelab


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (vaelab.errors.VaelabError, ValueError) as error:
        print(f"vaelab: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vaelab", description="Variational autoencoders: the course's commands."
    )
    parser.add_argument("--version", action="version", version=f"vaelab {vaelab.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    doctor = commands.add_parser(
        "doctor", help="say what this machine has, what is missing, and what to do about it"
    )
    doctor.set_defaults(run=_doctor)
    recipes = commands.add_parser("recipes", help="list the named models")
    recipes.set_defaults(run=_recipes)
    return parser


def _doctor(options) -> int:
    from vaelab.doctor import report

    print(report())
    return 0


def _recipes(options) -> int:
    from vaelab import nets
    from vaelab.recipes import RECIPES, build

    for name, recipe in RECIPES.items():
        size = "x".join(map(str, recipe.image_shape))
        print(f"{name:20}  {size:>9}  {nets.count_parameters(build(name)):>9,} parameters  {recipe.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
