"""From what was handed in to a table of scores and pages of feedback."""
