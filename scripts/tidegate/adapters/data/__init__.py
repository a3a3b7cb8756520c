"""Data files as they are tracked: Parquet and CSV."""
