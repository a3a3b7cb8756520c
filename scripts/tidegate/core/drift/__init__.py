"""Whether the world that a model was trained on has changed: arithmetic on counts, right at any number of rows."""
