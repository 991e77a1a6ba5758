"""Networks, objectives and the training loop of the teacher."""
