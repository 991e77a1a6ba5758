"""Holds the cleaned data against its expectations, with Great Expectations."""
