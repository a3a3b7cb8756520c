"""Tidegate: pull requests, merges and schedules that train, judge and promote machine-learning models."""

__version__ = "0.1.0"
