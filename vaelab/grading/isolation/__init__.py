"""A submission's code runs apart from everything else; what it computes comes back as plain values."""
