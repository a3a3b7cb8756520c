"""From a merge to a release in Git, in the registry and as an image."""
