"""From masked texts to memory-mapped arrays of token ids."""
