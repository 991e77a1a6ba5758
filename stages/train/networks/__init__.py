"""The networks, one file each.

All are called the same way: `network(ids, mask)` with two int64 tensors of shape (batch, length), mask 1 at
tokens and 0 at padding, gives float logits of shape (batch, outputs), or (batch, length, outputs) for tasks
with a class per token. To add one, write its file and name it
in `registry.py`, in `stages/params/train.py` and in the tasks that can be learned with it.
"""
