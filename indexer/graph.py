"""A BERT encoder written as an ONNX graph, straight from its weights.

Needs no PyTorch and no exporter: the same weights always give the same file, in a second.
The graph reads one text at a time, so there is neither padding nor a mask, and a vector
never depends on what else was embedded. Where the file lies is for ``graphs.py``, running
it for ``graph_session.py``.

In ``int8`` every linear layer multiplies bytes: a weight column has one scale, and so has
each token's activation, found as it comes (the vector-wise scheme of LLM.int8, Dettmers
et al. 2022). One scale for all tokens, as ONNX Runtime's own dynamic quantisation has it,
loses five times as much (``docs/models.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from indexer.e5_file import BLOCK, Dimensions, QuantisedTable

Floats = npt.NDArray[np.float32]
Precision = Literal["float32", "int8"]

INPUT, OUTPUT = "input_ids", "output"

_STANDARD, _CONTRIBUTED = 20, 1  # versions of the operator sets
_ONNX_RUNTIME = "com.microsoft"
_IR_VERSION = 10
_EPSILON = 1e-12
_ZERO = 128  # of the unsigned bytes that activations become; those of weights are signed
_LARGEST = 127


@dataclass(frozen=True)
class Weights:
    """What a graph is written from.

    ``tensors`` have the names that BERT's have in transformers, without word embeddings:
    those are ``words``, which stay in four bits.
    """

    dimensions: Dimensions
    words: QuantisedTable
    tensors: Mapping[str, Floats]


@dataclass(frozen=True)
class TokenHead:
    """A linear layer over every token; ``weight`` is of shape ``(outputs, hidden)``."""

    weight: Floats
    bias: Floats


def write_graph(
    weights: Weights, target: Path, precision: Precision, head: TokenHead | None = None
) -> None:
    """Write the graph.

    It takes token ids of shape ``(1, tokens)`` and gives, without a head, the mean of the
    last layer at unit length, ``(1, hidden)``; else what the head makes of each token,
    ``(1, tokens, outputs)``.
    """
    from onnx import TensorProto, helper

    graph = _Graph(precision)
    states = _encoder(graph, weights)
    result = _pooled(graph, states) if head is None else _headed(graph, states, head)
    graph.add("Identity", [result], name=OUTPUT)
    shape: list[int | str | None] = [1, weights.dimensions.hidden]
    if head is not None:
        shape = [1, "tokens", len(head.bias)]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info(INPUT, TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)],
            graph.constants,
        ),
        opset_imports=[
            helper.make_opsetid("", _STANDARD),
            helper.make_opsetid(_ONNX_RUNTIME, _CONTRIBUTED),
        ],
        ir_version=_IR_VERSION,
    )
    target.write_bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and constants in the making; values go by their names."""

    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: set[str] = set()
        self._zeros: str | None = None
        self._tokens: str | None = None

    def constant(self, name: str, value: npt.NDArray[Any] | np.generic) -> str:
        from onnx import numpy_helper

        if name not in self._known:
            self._known.add(name)
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(
        self, kind: str, inputs: list[str], domain: str = "", name: str = "", **attributes: Any
    ) -> str:
        from onnx import helper

        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, domain=domain, **attributes))
        return name

    def zeros(self) -> str:
        """What stands for zero among the bytes of each token."""
        if self._zeros is None:
            zero = self.constant("zero of a token", np.array([_ZERO], np.uint8))
            self._zeros = self.add("Expand", [zero, self.tokens()])
        return self._zeros

    def tokens(self) -> str:
        """How many tokens the text has, as a shape."""
        if self._tokens is None:
            self._tokens = self.add("Shape", [INPUT], start=1, end=2)
        return self._tokens

    def linear(self, value: _Value, name: str, weight: Floats, bias: Floats | None) -> str:
        """``weight`` is of shape ``(outputs, inputs)``, as PyTorch has it."""
        if self.precision == "float32":
            product = self.add("MatMul", [value.name, self.constant(f"{name}.weight", weight.T)])
        else:
            product = self._byte_product(value, name, weight)
        if bias is None:
            return product
        return self.add("Add", [product, self.constant(f"{name}.bias", bias)])

    def _byte_product(self, value: _Value, name: str, weight: Floats) -> str:
        columns = np.maximum(np.abs(weight).max(axis=1), np.float32(1e-9)) / np.float32(_LARGEST)
        whole = np.rint(weight / columns[:, None]).astype(np.int8)
        rows, scales = value.in_bytes(self)
        product = self.add(
            "MatMulIntegerToFloat",
            [
                rows,
                self.constant(f"{name}.bytes", whole.T),
                self.constant("one", np.float32(1)),
                self.constant(f"{name}.scales", columns),
                self.constant("zero of activations", np.uint8(_ZERO)),
            ],
            _ONNX_RUNTIME,
        )
        return self.add("Mul", [product, scales])

    def normalised(self, value: str, weights: Weights, name: str) -> str:
        return self.add(
            "LayerNormalization",
            [
                value,
                self.constant(f"{name}.weight", weights.tensors[f"{name}.weight"]),
                self.constant(f"{name}.bias", weights.tensors[f"{name}.bias"]),
            ],
            axis=-1,
            epsilon=_EPSILON,
        )


class _Value:
    """An activation of shape ``(1, tokens, width)``, brought to bytes at most once."""

    def __init__(self, name: str, *, positive: bool = False) -> None:
        self.name = name
        self._positive = positive
        self._bytes: tuple[str, str] | None = None

    def in_bytes(self, graph: _Graph) -> tuple[str, str]:
        """The bytes, and a scale for each token."""
        if self._bytes is None:
            axis = graph.constant("last axis", np.array([-1], np.int64))
            # What GELU leaves below zero is small: there the largest value tells enough.
            size = self.name if self._positive else graph.add("Abs", [self.name])
            most = graph.add("ReduceMax", [size, axis], keepdims=1)
            floor = 0.2 if self._positive else 1e-6
            least = graph.constant(f"at least {floor}", np.float32(floor))
            scales = graph.add(
                "Div", [graph.add("Max", [most, least]), graph.constant("127", np.float32(127))]
            )
            column = graph.add("Reshape", [scales, axis])
            rows = graph.add("QuantizeLinear", [self.name, column, graph.zeros()], axis=1)
            self._bytes = rows, scales
        return self._bytes


def _encoder(graph: _Graph, weights: Weights) -> str:
    states = _embeddings(graph, weights)
    for layer in range(weights.dimensions.layers):
        states = _layer(graph, weights, states, f"encoder.layer.{layer}")
    return states


def _embeddings(graph: _Graph, weights: Weights) -> str:
    table = weights.words
    words = graph.add(
        "GatherBlockQuantized",
        [graph.constant("words", table.nibbles), INPUT, graph.constant("scales", table.scales)],
        _ONNX_RUNTIME,
        bits=4,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    # Every text is of token type 0.
    places = weights.tensors["embeddings.position_embeddings.weight"]
    places = places + weights.tensors["embeddings.token_type_embeddings.weight"][0]
    start = graph.constant("start", np.array([0], np.int64))
    used = graph.add("Slice", [graph.constant("places", places), start, graph.tokens()])
    return graph.normalised(graph.add("Add", [words, used]), weights, "embeddings.LayerNorm")


def _layer(graph: _Graph, weights: Weights, states: str, at: str) -> str:
    tensors, shape = weights.tensors, weights.dimensions

    def linear(value: _Value, name: str, *, bias: bool = True) -> str:
        weight, own = tensors[f"{at}.{name}.weight"], tensors[f"{at}.{name}.bias"]
        return graph.linear(value, f"{at}.{name}", weight, own if bias else None)

    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    biases = np.concatenate([tensors[f"{at}.{part}.bias"] for part in parts])
    read = _Value(states)
    attended = graph.add(
        "MultiHeadAttention",
        [
            *(linear(read, part, bias=False) for part in parts),
            graph.constant(f"{at}.attention.self.bias", biases),
        ],
        _ONNX_RUNTIME,
        num_heads=shape.heads,
    )
    added = linear(_Value(attended), "attention.output.dense")
    states = graph.normalised(
        graph.add("Add", [added, states]), weights, f"{at}.attention.output.LayerNorm"
    )
    wide = graph.add("Gelu", [linear(_Value(states), "intermediate.dense")])
    added = linear(_Value(wide, positive=True), "output.dense")
    return graph.normalised(graph.add("Add", [added, states]), weights, f"{at}.output.LayerNorm")


def _pooled(graph: _Graph, states: str) -> str:
    axis = graph.constant("tokens' axis", np.array([1], np.int64))
    return graph.add(
        "LpNormalization", [graph.add("ReduceMean", [states, axis], keepdims=0)], axis=-1, p=2
    )


def _headed(graph: _Graph, states: str, head: TokenHead) -> str:
    product = graph.add("MatMul", [states, graph.constant("head.weight", head.weight.T)])
    return graph.add("Add", [product, graph.constant("head.bias", head.bias)])
