"""The rows that both models are judged on, paired, sliced and named."""
