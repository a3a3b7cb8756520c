"""A model's pipeline in the work tree, and what it was at another commit."""
