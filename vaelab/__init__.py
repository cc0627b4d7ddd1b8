"""vaelab: variational autoencoders you can read, run and take apart.

The names below are loaded when first used, so `import vaelab` is instant; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
