"""A small writer of TFLite files, with no TensorFlow.

``flatbuffer`` is the file format, ``schema`` the tables of a model, ``builder`` a model under
construction and ``operators`` the operators. Float32 only so far: quantised tensors want a
``quantization`` table in ``schema.tensor`` and streaming ones the resource operators.
"""
