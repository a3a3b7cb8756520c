"""What a release is seen to do: counters and histograms for Prometheus, rows for the prediction log."""
