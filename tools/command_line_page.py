"""Sphinx extension: the directive `vaelab-commands` writes the command line's reference from its parser.

What a page says about an option is what `vaelab COMMAND --help` says.
"""

import argparse
import functools
import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from vaelab import cli

_MARK = re.compile(r"`([^`]+)`|(?<![\w-])(--[a-z][a-z-]*)|[\\*|_`]")
WIDTH = 62  # characters of a usage line; a phone scrolls it


def commands() -> dict[str, argparse.ArgumentParser]:
    """Each subcommand and its parser, in the order of `vaelab --help`."""
    return _subcommands().choices


def _subcommands() -> argparse._SubParsersAction:
    return next(action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction))


def _prose(text: str) -> str:
    """A help text as reStructuredText: `code` and --options as code, all else as it stands."""
    return _MARK.sub(lambda m: f"``{m[1] or m[2]}``" if m[1] or m[2] else f"\\{m[0]}", " ".join(text.split()))


def lines_of(name: str, parser: argparse.ArgumentParser) -> list[str]:
    """One command as reStructuredText: what it does, how it is called, its options."""
    parser.formatter_class = functools.partial(argparse.HelpFormatter, width=WIDTH)
    usage = parser.format_usage().removeprefix("usage: ").splitlines()
    summaries = {choice.dest: choice.help for choice in _subcommands()._choices_actions}
    about = _prose(parser.description or f"{summaries[name].capitalize()}.")
    lines = [about, "", ".. code-block:: text", ""]
    lines += [f"   {line.removeprefix(' ' * 7)}" for line in usage]
    lines += ["", f".. program:: vaelab {name}", ""]
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS:
            lines += [f".. option:: {_signature(action)}", "", f"   {_prose(_help(action))}", ""]
    return lines


def _signature(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    if action.choices and action.option_strings:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if not action.option_strings:
        return value
    return ", ".join(f"{option} {value}" if action.nargs != 0 else option for option in action.option_strings)


def _help(action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "vaelab"}
    if action.default not in (None, False, argparse.SUPPRESS) and "default" not in text:
        text = f"{text} (default {action.default})".strip()
    return text


class Commands(SphinxDirective):
    """A section for each subcommand."""

    def run(self) -> list[nodes.Node]:
        return [self._section(name, parser) for name, parser in commands().items()]

    def _section(self, name: str, parser: argparse.ArgumentParser) -> nodes.section:
        section = nodes.section(ids=[f"vaelab-{name}"], names=[f"vaelab {name}"])
        section += nodes.title("", f"vaelab {name}")
        self.state.document.note_explicit_target(section)
        self.state.nested_parse(StringList(lines_of(name, parser), source="vaelab.cli"), 0, section)
        return section


def setup(app):
    app.add_directive("vaelab-commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
