"""Predictions on disk."""
