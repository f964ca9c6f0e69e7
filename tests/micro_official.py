"""The official models in the pymicro-wakeword package, read into a ``QuantisedNet``."""

from pathlib import Path
from typing import Any

import numpy as np
import pymicro_wakeword
from ai_edge_litert import schema_py_generated as reader
from numpy.typing import NDArray

from wakesmith.families.microwakeword.quantised import INPUT, QuantisedLayer, QuantisedNet
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.tflite.quantised import Weights
from wakesmith.tflite.schema import Quantisation

FOLDER = Path(pymicro_wakeword.__file__).parent / "models"
OFFICIAL = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")


def read(path: Path) -> QuantisedNet:
    """A file of microWakeWord's own converter, without residuals and pooling."""
    model = reader.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    main = model.subgraphs[0]

    def scale(index: int) -> Quantisation:
        found = main.tensors[index].quantization
        return Quantisation((float(found.scale[0]),), int(found.zeroPoint[0]))

    def weights(operator: Any) -> Weights:
        tensors = [main.tensors[index] for index in operator.inputs[1:3]]
        values, bias = (
            np.frombuffer(bytes(model.buffers[tensor.buffer].data), dtype).reshape(tensor.shape)
            for tensor, dtype in zip(tensors, ("i1", "<i4"), strict=True)
        )
        return Weights(values, np.asarray(tensors[0].quantization.scale, np.float32), bias)

    steps = [
        (model.operatorCodes[operator.opcodeIndex].builtinCode, operator)
        for operator in main.operators
    ]
    codes = reader.BuiltinOperator
    convolutions = [step for code, step in steps if code == codes.CONV_2D]
    scales = {INPUT: scale(main.inputs[0]), "first": scale(convolutions[0].outputs[0])}
    first = weights(convolutions[0])
    first = Weights(first.values[:, :, 0], first.scales, first.bias)
    groups: list[list[Weights]] = [[]]
    pointwise: list[Weights] = []
    for code, step in steps[steps.index((codes.CONV_2D, convolutions[0])) + 1 :]:
        number = len(pointwise)
        if code == codes.DEPTHWISE_CONV_2D:
            found = weights(step)
            groups[-1].append(Weights(found.values[0, :, 0].T, found.scales, found.bias))
            scales[f"mixed.{number}"] = scale(step.outputs[0])
        elif code == codes.CONV_2D:
            found = weights(step)
            pointwise.append(Weights(found.values[:, 0, 0], found.scales, found.bias))
            scales[f"layer.{number}"] = scale(step.outputs[0])
            groups.append([])
        elif code == codes.FULLY_CONNECTED:
            output = weights(step)
            scales["logit"] = scale(step.outputs[0])

    kernels = tuple(tuple(part.values.shape[1] for part in group) for group in groups[:-1])
    widths = tuple(len(part.values) for part in pointwise)
    seen = output.values.shape[1] // widths[-1] + sum(max(sizes) - 1 for sizes in kernels)
    stride = convolutions[0].builtinOptions.strideH
    shape = Shape(
        first_filters=len(first.values),
        first_kernel=first.values.shape[1],
        stride=stride,
        pointwise=widths,
        kernels=kernels,
        repeats=(1,) * len(widths),
        residual=(False,) * len(widths),
        frames=first.values.shape[1] + (seen - 1) * stride,
    )
    layers = tuple(
        QuantisedLayer(layer, joined(group), part)
        for layer, group, part in zip(shape.layers, groups, pointwise, strict=False)
    )
    return QuantisedNet(shape, first, layers, {}, output, scales)


def joined(groups: list[Weights]) -> Weights:
    """Kernels of several lengths as one array: shorter ones behind zeros."""
    longest = max(group.values.shape[1] for group in groups)
    padded: list[NDArray[np.int8]] = [
        np.pad(group.values, ((0, 0), (longest - group.values.shape[1], 0))) for group in groups
    ]
    return Weights(
        np.concatenate(padded),
        np.concatenate([group.scales for group in groups]),
        np.concatenate([group.bias for group in groups]),
    )
