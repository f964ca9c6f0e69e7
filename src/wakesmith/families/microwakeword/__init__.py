"""microWakeWord's family: a small convolutional network that a microcontroller runs as a stream.

``network`` trains on whole windows and ``streaming`` runs the same weights frame by frame. The
modules are imported one by one: only some of them need torch.
"""
