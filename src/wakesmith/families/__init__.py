"""Families of detectors: what a network looks at, how it is built and how it is exported."""
