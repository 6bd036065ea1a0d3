"""A tiny streaming CTC model for sherpa-onnx, made here: it hears how loud it is and says letters.

It has the shape of a NeMo streaming model (inputs, caches, metadata), so that all of the engine runs:
features, streaming in chunks, decoding, endpoints. Loud steps give letters, quiet ones the blank.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES, WINDOW, SHIFT, SUBSAMPLING = 80, 32, 32, 8
LETTERS = ("a", "b", "c")
BLANK_SCORE = -6.0
"""Log-mel energies above this are loud."""
CACHES = ("cache_last_channel", "cache_last_time", "cache_last_channel_len")


def write_tiny_ctc(folder: Path) -> Path:
    """The model folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*LETTERS, "<blk>"]
    lines = [f"{token} {number}" for number, token in enumerate(tokens)]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", "utf-8")
    onnx.save(_model(len(tokens)), str(folder / "model.onnx"))
    return folder


def _model(size: int) -> onnx.ModelProto:
    """Pooled loudness of three bands against a threshold: the letter of the loudest band, or the blank."""
    weights = np.zeros((FEATURES, size), dtype=np.float32)
    third = FEATURES // len(LETTERS)
    for letter in range(len(LETTERS)):
        weights[letter * third : (letter + 1) * third, letter] = 1.0 / third
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array([0, 0, 0, BLANK_SCORE], dtype=np.float32), "bias"),
    ]
    nodes = [
        helper.make_node(
            "AveragePool", ["audio_signal"], ["pooled"], kernel_shape=[SUBSAMPLING], strides=[SUBSAMPLING]
        ),
        helper.make_node("Transpose", ["pooled"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["steps", "weights"], ["bands"]),
        helper.make_node("Add", ["bands", "bias"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["logprobs"], axis=-1),
        helper.make_node("Identity", ["length"], ["encoded_lengths"]),
        *(helper.make_node("Identity", [name], [f"{name}_next"]) for name in CACHES),
    ]
    graph = helper.make_graph(nodes, "tiny", _inputs(), _outputs(size), constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    about = {
        "vocab_size": str(len(LETTERS)),
        "window_size": str(WINDOW),
        "chunk_shift": str(SHIFT),
        "subsampling_factor": str(SUBSAMPLING),
        **{f"cache_last_{kind}_dim{n}": "1" for kind in ("channel", "time") for n in (1, 2, 3)},
        "model_type": "EncDecCTCModelBPE",
        "normalize_type": "",
    }
    helper.set_model_props(model, about)
    return model


def _inputs() -> list[onnx.ValueInfoProto]:
    real, whole = TensorProto.FLOAT, TensorProto.INT64
    return [
        helper.make_tensor_value_info("audio_signal", real, ["N", FEATURES, "T"]),
        helper.make_tensor_value_info("length", whole, ["N"]),
        helper.make_tensor_value_info(CACHES[0], real, ["N", 1, 1, 1]),
        helper.make_tensor_value_info(CACHES[1], real, ["N", 1, 1, 1]),
        helper.make_tensor_value_info(CACHES[2], whole, ["N"]),
    ]


def _outputs(size: int) -> list[onnx.ValueInfoProto]:
    real, whole = TensorProto.FLOAT, TensorProto.INT64
    return [
        helper.make_tensor_value_info("logprobs", real, ["N", "S", size]),
        helper.make_tensor_value_info("encoded_lengths", whole, ["N"]),
        helper.make_tensor_value_info(f"{CACHES[0]}_next", real, ["N", 1, 1, 1]),
        helper.make_tensor_value_info(f"{CACHES[1]}_next", real, ["N", 1, 1, 1]),
        helper.make_tensor_value_info(f"{CACHES[2]}_next", whole, ["N"]),
    ]
