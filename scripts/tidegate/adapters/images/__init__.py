"""Container images: what goes into one, how an engine builds it, and how a registry takes and gives it."""
