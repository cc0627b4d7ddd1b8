"""Pictures that answer to the hand, in a notebook with any model and in the book's pages by themselves:

    from vaelab import explorers
    images = vaelab.load("portraits", size=64, n=1_000)
    explorers.sliders(vaelab.pretrained("portrait-vae"), images)

Each function returns one object with two lives. In JupyterLab it is a widget. In a built page the same
specification is brought to life by a script (`frontend/`), which runs the decoder itself.
"""

import lazy_loader

from vaelab.extras import require

require("notebooks", "An explorer", "anywidget", "ipywidgets", "traitlets")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
