"""What the rows allow to be said: draws, intervals, extremes."""
