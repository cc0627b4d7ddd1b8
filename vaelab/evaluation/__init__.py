"""How good a model is, measured on images it has not seen.

- `bounds`: the ELBO and the importance-weighted bound;  `posterior`: active units, the aggregate posterior;
- `features`: what distances compare and what judges a face;  `distances`: Frechet and kernel distance;
- `neighbours`: the nearest training images;  `probes`: what can be read off a code;
- `disentanglement`: does one number mean one thing;  `edits`: does an attribute vector work;
- `report`: the usual measures at once.
"""

from vaelab.evaluation.bounds import (
    evaluate,
    importance_weighted_bound,
    log_weights,
    reconstruction_error,
)
from vaelab.evaluation.disentanglement import dci, mutual_information, mutual_information_gap
from vaelab.evaluation.distances import frechet_distance, kernel_distance, kernel_distance_blocks
from vaelab.evaluation.edits import attribute_edit
from vaelab.evaluation.features import extract_features, inception_features, portrait_features
from vaelab.evaluation.neighbours import memorisation_ratio, nearest_neighbours
from vaelab.evaluation.posterior import active_units, aggregate_posterior, kl_per_dimension
from vaelab.evaluation.probes import linear_probe, probe_by_label_count
from vaelab.evaluation.report import report

__all__ = [
    "active_units",
    "aggregate_posterior",
    "attribute_edit",
    "dci",
    "evaluate",
    "extract_features",
    "frechet_distance",
    "importance_weighted_bound",
    "inception_features",
    "kernel_distance",
    "kernel_distance_blocks",
    "kl_per_dimension",
    "linear_probe",
    "log_weights",
    "memorisation_ratio",
    "mutual_information",
    "mutual_information_gap",
    "nearest_neighbours",
    "portrait_features",
    "probe_by_label_count",
    "reconstruction_error",
    "report",
]
