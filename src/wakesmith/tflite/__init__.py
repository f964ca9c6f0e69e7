"""A small writer of TFLite files, with no TensorFlow.

``flatbuffer`` is the file format, ``schema`` the tables of a model, ``builder`` a model under
construction. ``operators`` are those of float32, ``quantised`` those of int8, and ``variables``
what a model remembers from call to call.
"""
