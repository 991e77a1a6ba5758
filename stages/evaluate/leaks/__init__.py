"""Does the trained model give away whom it learned from? One file for each audit."""
