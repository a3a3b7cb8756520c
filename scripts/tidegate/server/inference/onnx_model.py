"""ONNX Runtime behind the few words that the server needs. Nothing but ONNX is ever loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidegate.errors import InputError
from tidegate.server.release.datatypes import BY_ONNX
from tidegate.server.release.signature import Input, Output, Signature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Feed = dict[str, NDArray[Any]]

NOWHERE = "/dev/null/no-external-data"
"""Weights outside the file are not covered by its digest: a folder that cannot exist makes the runtime refuse them."""


class RunFailed(Exception):
    """The runtime gave up on this input, or was told to."""


class OnnxModel:
    """A loaded model whose tensors are those of the signature."""

    def __init__(self, data: bytes, signature: Signature, *, threads: int = 1) -> None:
        self._session = session(data, threads=threads)
        self._names = [output.name for output in signature.outputs]
        _agree(self._session, signature)

    def run(self, feed: Feed, stop: Stop | None = None) -> list[NDArray[Any]]:
        """The outputs in the signature's order. Raises RunFailed."""
        try:
            outputs: list[NDArray[Any]] = self._session.run(self._names, feed, stop.options if stop else None)
        except Exception as error:  # the runtime's exceptions share no base of their own
            raise RunFailed(str(error)) from error
        return outputs


class Stop:
    """Ends a run from another thread, between two of its nodes."""

    def __init__(self) -> None:
        import onnxruntime

        self.options = onnxruntime.RunOptions()
        self.options.log_severity_level = 4

    def now(self) -> None:
        """The run raises RunFailed as soon as it can."""
        self.options.terminate = True


def session(data: bytes, *, threads: int = 1) -> Any:
    """An ONNX Runtime session on the processor. Raises InputError E-SRV-020 when the bytes are no model for it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads  # 1: one order of summation, so the same bits alone and in a batch
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", NOWHERE)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = " ".join(str(error).split())[-300:].rstrip(".")  # it begins with places in the runtime's source
        fix = "Export it with its weights inside and operators of this runtime."
        raise InputError("E-SRV-020", f"ONNX Runtime cannot load it: {reason}.", where="model.onnx", fix=fix) from error


def _agree(loaded: Any, signature: Signature) -> None:
    _same("inputs", [_signed(tensor) for tensor in signature.inputs], [_found(node) for node in loaded.get_inputs()])
    found = [_found(node) for node in loaded.get_outputs()]
    for output in signature.outputs:
        if _signed(output) not in found:
            raise _differs(f"output {output.name}", str(_signed(output)), str(found))


def _same(what: str, signed: Sequence[object], found: Sequence[object]) -> None:
    if sorted(map(str, signed)) != sorted(map(str, found)):
        raise _differs(what, str(signed), str(found))


def _signed(tensor: Input | Output) -> tuple[str, str, list[int]]:
    return tensor.name, tensor.datatype.name, tensor.shape


def _found(node: Any) -> tuple[str, str, list[int]]:
    """Name, type and shape; whatever the model calls its rows, and a width it leaves open, is -1."""
    datatype = BY_ONNX.get(node.type)
    sizes = [size if isinstance(size, int) and place else -1 for place, size in enumerate(node.shape)]
    return node.name, datatype.name if datatype else node.type, sizes


def _differs(what: str, signed: str, found: str) -> InputError:
    text = f"the {what} of model.onnx are not those of the signature: signed {signed[:300]}, found {found[:300]}."
    return InputError("E-SRV-021", text, where="signature.json", fix="Build the release again from this model.")
