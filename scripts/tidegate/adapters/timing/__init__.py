"""Timing models: programs are started, rows are answered, and only the seconds are kept."""
