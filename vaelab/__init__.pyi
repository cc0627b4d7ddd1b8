from . import data as data
from . import errors as errors
from . import evaluation as evaluation
from . import explorers as explorers
from . import figures as figures
from . import hierarchical as hierarchical
from . import latent as latent
from . import losses as losses
from . import nets as nets
from . import priors as priors
from . import recipes as recipes
from . import vq as vq
from . import weights as weights
from . import whitening as whitening
from .data import ImageSet as ImageSet
from .data import load as load
from .devices import device as device
from .devices import device_summary as device_summary
from .models import VAE as VAE
from .models import Autoencoder as Autoencoder
from .training import History as History
from .training import fit as fit
from .weights import pretrained as pretrained

__version__: str
