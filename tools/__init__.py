"""Tools that build, clean and check the course; run from the repository root as `python -m tools.NAME`."""
