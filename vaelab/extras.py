"""What comes only with an extra of the package, and a sentence where it is missing."""

from importlib.util import find_spec

from vaelab.errors import VaelabError


class MissingExtraError(VaelabError, ImportError):
    """A part of the package is used whose own packages are not installed."""


def require(extra: str, what: str, *modules: str) -> None:
    """See that the modules which an extra brings are installed.

    Raises:
        MissingExtraError: one is not; the message says which, and how to get it.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        names = " and ".join(missing)
        raise MissingExtraError(f'{what} needs {names}. To get it: pip install "vaelab[{extra}]"')
