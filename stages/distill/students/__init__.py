"""The kinds of student, and how each is trained."""
