"""The decision: two models' predictions and a contract in, a verdict with its reasons out."""
