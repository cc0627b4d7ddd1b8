"""The lab's switches, in the front end's words: each changes what its VAE's loss or gradient is."""

SWITCHES = {
    "none": {},
    "beta": {"beta": 4.0},
    "an autoencoder": {"noise": False, "price": False},
    "noise without a price": {"price": False},
    "a price without noise": {"noise": False},
    "Gaussian": {"likelihood": "gaussian", "sigma": 0.3},
    "sigma = exp(log_var)": {"sigmaSlip": True},
    "KL summed over the batch": {"batchSlip": True},
    "mean over pixels": {"pixelSlip": True},
    "gradient cut at z": {"cutSlip": True},
}
