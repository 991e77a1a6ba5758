"""Reads the user's source in chunks, maps its columns, and seals every record the moment it enters."""
