"""What is judged beside the metrics: cost and behaviour."""
