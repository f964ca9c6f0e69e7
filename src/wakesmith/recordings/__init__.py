"""Recordings of people: a project to keep them in, a microphone, checks, and what is still worth
recording. Nothing here prints, and nothing but ``soundcard`` knows a sound card."""
