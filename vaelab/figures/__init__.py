"""Every picture of the book, in one style. Functions return a `Picture`, `*_panel` functions its parts."""

import lazy_loader

from vaelab.extras import require

require("notebooks", "A figure", "matplotlib")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
