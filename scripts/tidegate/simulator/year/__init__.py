"""The live months replayed: what the deployed model is asked, what drifts, and what retraining makes of it."""
