"""The people who use the model while it is exchanged: real rows, at a steady rate, and a line for every change."""
