"""The TFLite writer, against LiteRT: its interpreter, and its own reader of the schema."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as reader
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.tflite import operators as op
from wakesmith.tflite.builder import Graph, Model, Tensor
from wakesmith.tflite.flatbuffer import Scalar, Table, Vector, encode
from wakesmith.tflite.schema import Activation, Builtin

Values = NDArray[np.float32]


def run(file: bytes, *inputs: Values) -> list[Values]:
    """Outputs of a model in LiteRT."""
    interpreter = Interpreter(model_content=file)
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def one(shape: tuple[int, ...]) -> tuple[Model, Graph, Tensor]:
    model = Model("a test")
    graph = model.graph("main")
    return model, graph, graph.input("x", shape)


def noise(*shape: int) -> Values:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("relu", (2, 5), lambda x: np.maximum(x, 0)),
        ("logistic", (2, 5), lambda x: 1 / (1 + np.exp(-x))),
        ("tanh", (2, 5), np.tanh),
    ],
)
def test_functions_of_each_element(name, shape, expected) -> None:  # type: ignore[no-untyped-def]
    model, graph, x = one(shape)
    graph.output(getattr(op, name)(graph, x))
    values = noise(*shape)
    np.testing.assert_allclose(run(model.encode(), values)[0], expected(values), atol=1e-6)


def test_arithmetic_broadcasts() -> None:
    model, graph, x = one((3, 4))
    row = graph.constant(noise(4))
    total = op.sub(graph, op.mul(graph, x, row), op.add(graph, x, row, Activation.RELU))
    graph.output(total)
    values = noise(3, 4)
    expected = values * noise(4) - np.maximum(values + noise(4), 0)
    np.testing.assert_allclose(run(model.encode(), values)[0], expected, atol=1e-6)


def test_fully_connected_and_rsqrt() -> None:
    model, graph, x = one((3, 4))
    made = op.fully_connected(graph, x, noise(2, 4), noise(2), Activation.RELU)
    graph.output(op.rsqrt(graph, op.add(graph, made, graph.constant(np.ones(1, np.float32)))))
    values = noise(3, 4)
    expected = 1 / np.sqrt(np.maximum(values @ noise(2, 4).T + noise(2), 0) + 1)
    np.testing.assert_allclose(run(model.encode(), values)[0], expected, atol=1e-6)


def test_convolution_pads_to_the_same_size() -> None:
    model, graph, x = one((1, 6, 1, 3))
    graph.output(op.conv_2d(graph, x, noise(5, 3, 1, 3), noise(5)))
    values = noise(1, 6, 1, 3)
    padded = np.pad(values[0, :, 0], [(1, 1), (0, 0)])
    kernel = noise(5, 3, 1, 3)[:, :, 0]
    expected = [np.einsum("oki,ki->o", kernel, padded[t : t + 3]) + noise(5) for t in range(6)]
    np.testing.assert_allclose(run(model.encode(), values)[0][0, :, 0], expected, atol=1e-5)


def test_split_concatenate_reduce() -> None:
    model, graph, x = one((4, 3))
    parts = op.split(graph, x, 4, 0)
    joined = op.concatenate(graph, (parts[3], parts[0]), -1)
    graph.output(joined)
    graph.output(op.mean(graph, x, 0, keep=False))
    graph.output(op.maximum(graph, x, -1, keep=True))
    values = noise(4, 3)
    joined_out, mean, maximum = run(model.encode(), values)
    np.testing.assert_array_equal(joined_out[0], np.append(values[3], values[0]))
    np.testing.assert_allclose(mean, values.mean(0), atol=1e-6)
    np.testing.assert_array_equal(maximum, values.max(1, keepdims=True))


def test_shapes_that_do_not_fit_are_refused_when_the_graph_is_built() -> None:
    _, graph, x = one((3, 4))
    with pytest.raises(ValueError, match="shapes do not fit"):
        op.fully_connected(graph, x, noise(2, 5), noise(2))
    with pytest.raises(ValueError, match="shapes do not fit"):
        op.reshape(graph, x, (5, 2))
    with pytest.raises(ValueError, match="shapes do not fit"):
        op.split(graph, x, 2, 0)


def test_the_schema_is_what_litert_reads() -> None:
    model, graph, x = one((1, 4))
    graph.output(op.fully_connected(graph, x, noise(2, 4), noise(2), Activation.RELU))
    file = model.encode()
    assert file[4:8] == b"TFL3"
    read = reader.ModelT.InitFromPackedBuf(file, 0)
    assert read.version == 3
    assert read.description == b"a test"
    assert read.operatorCodes[0].builtinCode == reader.BuiltinOperator.FULLY_CONNECTED
    (main,) = read.subgraphs
    assert [list(tensor.shape) for tensor in main.tensors] == [[1, 4], [2, 4], [2], [1, 2]]
    options = main.operators[0].builtinOptions
    assert options.fusedActivationFunction == reader.ActivationFunctionType.RELU
    stored = read.buffers[main.tensors[1].buffer].data
    np.testing.assert_array_equal(stored.view(np.float32).reshape(2, 4), noise(2, 4))


def test_operator_numbers_are_the_schemas() -> None:
    for builtin in Builtin:
        assert builtin == getattr(reader.BuiltinOperator, builtin.name)


def test_equal_constants_are_stored_once_and_calls_give_the_same_bytes() -> None:
    def build(second: float) -> bytes:
        model, graph, x = one((1, 64))
        first = op.add(graph, x, graph.constant(np.ones(64, np.float32)))
        graph.output(op.add(graph, first, graph.constant(np.full(64, second, np.float32))))
        return model.encode()

    assert build(1.0) == build(1.0)
    assert len(build(1.0)) < len(build(2.0)) - 200


@given(
    st.binary(max_size=40),
    st.text(max_size=12),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(1, 6),
)
def test_any_value_is_aligned_and_found_again(
    data: bytes, text: str, number: int, copies: int
) -> None:
    inner = Table({0: Scalar("b", 1), 3: Scalar("q", number), 2: text})
    file = encode(
        Table({1: Vector(np.frombuffer(data, np.uint8), 16), 4: (inner,) * copies}), b"TEST"
    )

    def u32(at: int) -> int:
        return int.from_bytes(file[at : at + 4], "little")

    def field(table: int, slot: int) -> int:
        vtable = table - int.from_bytes(file[table : table + 4], "little", signed=True)
        place = vtable + 4 + 2 * slot
        return table + int.from_bytes(file[place : place + 2], "little")

    root = u32(0)
    vector = field(root, 1) + u32(field(root, 1))
    assert (vector + 4) % 16 == 0
    assert file[vector + 4 : vector + 4 + u32(vector)] == data
    tables = field(root, 4) + u32(field(root, 4))
    assert u32(tables) == copies
    for copy in range(copies):
        place = tables + 4 * (copy + 1)
        at = place + u32(place)
        assert field(at, 3) % 8 == 0
        assert int.from_bytes(file[field(at, 3) :][:8], "little", signed=True) == number
        string = field(at, 2) + u32(field(at, 2))
        assert file[string + 4 : string + 4 + u32(string)].decode() == text


def test_an_identifier_has_four_bytes() -> None:
    with pytest.raises(ValueError, match="four bytes"):
        encode(Table({}), b"TFL")
