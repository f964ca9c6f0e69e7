"""The stages of the microWakeWord family, where they differ from those of openWakeWord's."""
