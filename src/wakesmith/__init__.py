"""Wakesmith: a phrase in, a proven wake-word detector out."""
