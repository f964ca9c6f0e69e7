"""Int8 operators and variables, against LiteRT's interpreter and plain sums."""

from collections.abc import Callable

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as reader
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from wakesmith.tflite import operators as op
from wakesmith.tflite import quantised as q
from wakesmith.tflite.builder import Graph, Model, Tensor
from wakesmith.tflite.quantised import Weights
from wakesmith.tflite.schema import Activation, Quantisation, TensorType
from wakesmith.tflite.variables import Variables

IN, OUT = Quantisation((0.05,), -20), Quantisation((0.1,), 10)
Whole = NDArray[np.int8]


def one(*shape: int) -> tuple[Model, Graph, Tensor]:
    model = Model("a test", compact=True)
    graph = model.graph("main")
    return model, graph, graph.input("x", shape, TensorType.INT8, IN)


def opened(model: Model) -> Interpreter:
    interpreter = Interpreter(
        model_content=model.encode(), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    return interpreter


def run(interpreter: Interpreter, x: Whole) -> Whole:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    made: Whole = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return made


def whole(*shape: int) -> Whole:
    return np.random.default_rng(sum(shape)).integers(-128, 128, shape).astype(np.int8)


def weights(*shape: int, one_scale: bool = False) -> Weights:
    dice = np.random.default_rng(shape)
    count = 1 if one_scale else shape[0]
    values = dice.integers(-127, 128, shape).astype(np.int8)
    scales = dice.uniform(0.001, 0.004, count).astype(np.float32)
    return Weights(values, scales, dice.integers(-2000, 2000, shape[0]).astype(np.int32))


def real(x: Whole, scale: Quantisation) -> NDArray[np.float64]:
    return (x.astype(np.float64) - scale.zero) * scale.scales[0]


def expected(sums: NDArray[np.float64], made: Weights) -> Whole:
    """Whole numbers of ``sums [..., outputs]`` of real inputs with whole weights."""
    total = (sums + made.bias * IN.scales[0]) * made.scales
    whole: Whole = np.clip(np.round(total / OUT.scales[0]) + OUT.zero, -128, 127).astype(np.int8)
    return whole


def close(made: Whole, wanted: Whole) -> None:
    """The same but for the last step, which kernels round in their own way."""
    apart = np.abs(made.astype(int) - wanted)
    assert apart.max() <= 1
    assert apart.mean() < 0.05
    assert len(np.unique(made)) > 3


def test_convolution_with_a_stride() -> None:
    model, graph, x = one(1, 9, 1, 4)
    kernels = weights(6, 3, 4)
    graph.output(q.conv_2d(graph, x, kernels, OUT, stride=3))
    values = whole(1, 9, 1, 4)
    windows = real(values, IN)[0, :, 0].reshape(3, 3, 4)
    sums = np.einsum("tki,oki->to", windows, kernels.values.astype(float))
    close(run(opened(model), values)[0, :, 0], expected(sums, kernels))


def test_depthwise_convolution() -> None:
    model, graph, x = one(1, 6, 1, 8)
    kernels = weights(8, 6)
    graph.output(q.depthwise_conv_2d(graph, x, kernels, OUT))
    values = whole(1, 6, 1, 8)
    sums = np.einsum("tc,ct->c", real(values, IN)[0, :, 0], kernels.values.astype(float))
    close(run(opened(model), values)[0, 0, 0], expected(sums, kernels))


def test_fully_connected() -> None:
    model, graph, x = one(1, 12)
    rows = weights(9, 12, one_scale=True)
    graph.output(q.fully_connected(graph, x, rows, OUT))
    values = whole(1, 12)
    close(
        run(opened(model), values)[0],
        expected(real(values, IN)[0] @ rows.values.T.astype(float), rows),
    )


def test_a_probability_is_256ths() -> None:
    model, graph, x = one(1, 256)
    graph.output(q.as_uint8(graph, q.logistic(graph, x)))
    values = np.arange(-128, 128).astype(np.int8)[None]
    probability = 256 / (1 + np.exp(-real(values, IN)))
    made = run(opened(model), values)
    assert made.dtype == np.uint8
    assert np.abs(made - np.clip(np.round(probability), 0, 255)).max() <= 1


def test_pools_cuts_and_sums() -> None:
    model, graph, x = one(1, 5, 1, 7)
    newest = q.frames(graph, x, 3, 5)
    both = op.concatenate(graph, (q.average_pool(graph, newest), q.max_pool(graph, newest)), 1)
    first, second = q.frames(graph, both, 0, 1), q.frames(graph, both, 1, 2)
    graph.output(q.add(graph, first, second, OUT, Activation.RELU))
    values = whole(1, 5, 1, 7)
    cut = real(values, IN)[0, 3:, 0]
    total = np.maximum(cut.mean(0) + cut.max(0), 0) / OUT.scales[0] + OUT.zero
    assert np.abs(run(opened(model), values)[0, 0, 0] - np.clip(total, -128, 127)).max() <= 1


def test_a_variable_begins_as_given_and_lasts_from_call_to_call() -> None:
    model = Model("a test", compact=True)
    graph = model.graph("main")
    variables = Variables(model, graph)
    x = graph.input("x", (1, 1, 1, 3), TensorType.INT8, IN)
    first = np.full((1, 2, 1, 3), IN.zero, np.int8)
    state = variables.variable("earlier", first, IN)
    joined = op.concatenate(graph, (variables.read(state), x), 1)
    variables.assign(state, q.frames(graph, joined, 1, 3))
    graph.output(joined)
    interpreter = opened(model)
    steps = whole(4, 1, 1, 1, 3)
    told = np.concatenate([first[0], *steps[:, 0]])
    for number, step in enumerate(steps):
        np.testing.assert_array_equal(run(interpreter, step)[0], told[number : number + 3])


def test_what_does_not_fit_is_refused_when_the_graph_is_built() -> None:
    model, graph, x = one(1, 5, 1, 4)
    calls: tuple[Callable[[], Tensor], ...] = (
        lambda: q.conv_2d(graph, x, weights(6, 3, 5), OUT),
        lambda: q.conv_2d(graph, x, weights(6, 6, 4), OUT),
        lambda: q.depthwise_conv_2d(graph, x, weights(5, 3), OUT),
        lambda: q.fully_connected(graph, x, weights(2, 20), OUT),
        lambda: q.frames(graph, x, 3, 6),
        lambda: q.add(graph, x, q.frames(graph, x, 0, 1), OUT, Activation.NONE),
        lambda: op.concatenate(graph, (x, q.conv_2d(graph, x, weights(4, 1, 4), OUT)), 1),
    )
    for refused in calls:
        with pytest.raises(ValueError, match="shapes do not fit"):
            refused()
    variables = Variables(model, model.graph("second"))
    state = variables.variable("state", np.zeros((1, 2, 1, 4), np.int8), IN)
    with pytest.raises(ValueError, match="cannot hold"):
        variables.assign(state, x)


def test_a_compact_file_is_smaller_and_reads_the_same() -> None:
    def build(compact: bool) -> bytes:
        model = Model("a test", compact=compact)
        graph = model.graph("main")
        x = graph.input("x", (1, 9, 1, 4), TensorType.INT8, IN)
        for _ in range(5):
            x = q.conv_2d(graph, x, weights(4, 1, 4), IN)
        graph.output(x)
        return model.encode()

    plain, compact = build(False), build(True)
    assert len(compact) < 0.95 * len(plain)
    first, second = (reader.ModelT.InitFromPackedBuf(file, 0) for file in (plain, compact))
    for one, other in zip(first.subgraphs[0].tensors, second.subgraphs[0].tensors, strict=True):
        assert one.name == other.name
        assert list(one.quantization.scale) == list(other.quantization.scale)
        assert list(one.quantization.zeroPoint) == list(other.quantization.zeroPoint)
        data, same = first.buffers[one.buffer].data, second.buffers[other.buffer].data
        assert (data is None) == (same is None)
        assert data is None or bytes(data) == bytes(same)
