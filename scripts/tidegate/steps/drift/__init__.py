"""Live data held against what the release was trained on."""
