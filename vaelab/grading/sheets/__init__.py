"""The public checks, a module for each exercise."""
