"""The data of a change, checked."""
