from .decoding import DecoderExplorer as DecoderExplorer
from .explorer import Explorer as Explorer
from .mixer import mixer as mixer
from .morph import morph as morph
from .naming import name_dimensions as name_dimensions
from .noise import noise as noise
from .sliders import sliders as sliders
from .traverse import traverse as traverse
