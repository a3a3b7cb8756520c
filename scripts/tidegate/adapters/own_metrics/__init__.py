"""A model's own metrics: functions of its code, called in its environment."""
