"""Where images come from: `load(name, ...)` gives an ImageSet, drawn or read.

The names below are loaded when first used, so that the processes that decode pictures need not import torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
