"""The operators that a device knows."""

ESPHOME_OPERATORS = frozenset(
    {
        "CALL_ONCE",
        "VAR_HANDLE",
        "RESHAPE",
        "READ_VARIABLE",
        "STRIDED_SLICE",
        "CONCATENATION",
        "ASSIGN_VARIABLE",
        "CONV_2D",
        "MUL",
        "ADD",
        "MEAN",
        "FULLY_CONNECTED",
        "LOGISTIC",
        "QUANTIZE",
        "DEPTHWISE_CONV_2D",
        "AVERAGE_POOL_2D",
        "MAX_POOL_2D",
        "PAD",
        "PACK",
        "SPLIT_V",
    }
)
"""The twenty that ESPHome's micro_wake_word registers (``streaming_model.cpp``), by their names in
TFLite's schema. A model with any other does not start: "Didn't find op"."""

MAX_VARIABLES = 20
"""States that a model may keep (``MicroResourceVariables::Create`` in the same file)."""
