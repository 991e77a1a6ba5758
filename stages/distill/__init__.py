"""Trains, quantises and exports the student."""
