"""Measures the teacher on the test split, against a baseline and the gates."""
