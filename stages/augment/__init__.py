"""Is the data trainable? Text augmentation of the training split only where it is not without."""
