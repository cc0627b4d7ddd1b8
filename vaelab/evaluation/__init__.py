"""How good a model is, measured on images it has not seen.

- `bounds`: the ELBO and the importance-weighted bound;  `posterior`: active units, the aggregate posterior;
- `features`: what distances compare and what judges a face;  `distances`: Frechet and kernel distance;
- `neighbours`: the nearest training images;  `probes`: what can be read off a code;
- `disentanglement`: does one number mean one thing;  `edits`: does an attribute vector work;
- `report`: the usual measures at once.

The names below are loaded when first used: scikit-learn and torchvision take seconds to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
