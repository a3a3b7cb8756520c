"""A contract's gates: what each asks, what was found, and how it is said."""
