"""How the step size and the weight of the KL term change while training."""

import math

SCHEDULES = ("constant", "cosine")


def step_size(lr: float, schedule: str, progress: float) -> float:
    """Adam's step size when a share `progress` (0 to 1) of the training is done.

    "cosine" falls from lr to 0 along half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5).
    """
    return lr if schedule == "constant" else lr * (1 + math.cos(math.pi * progress)) / 2


def warmed_up(beta: float, epochs_done: float, warm_up: float) -> float:
    """beta, climbing from 0 in a straight line over the first `warm_up` epochs.

    (Sønderby et al., "Ladder Variational Autoencoders", NeurIPS 2016, section 2.3.)
    """
    return beta if epochs_done >= warm_up else beta * epochs_done / warm_up
