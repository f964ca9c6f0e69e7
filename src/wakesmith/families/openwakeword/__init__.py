"""openWakeWord's family: a small network on a window of frozen speech embeddings.

``network`` builds it, ``lowering`` says what it computes in terms that both formats know,
``to_onnx`` and ``to_tflite`` write it, ``parity`` checks the files, ``alignment`` brings synthetic
embeddings to the statistics of real ones. The modules are imported one by one: only some of them
need torch.
"""
