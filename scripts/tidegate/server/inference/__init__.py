"""The model: loaded from checked bytes, run in batches of whatever arrived together."""
