"""Repair, normalisation, deduplication, masking and splits: what leaves this stage holds nothing personal."""
