"""Which Arrow types can be counted as which kind of column: anything else is a changed schema, not a guess."""

from __future__ import annotations

from typing import Any

from tidegate.core.drift.profile import Kind


def suits(kind: Any, wanted: Kind) -> bool:
    """Whether values of the Arrow type `kind` can be counted as a column of the kind `wanted`."""
    import pyarrow as pa

    if wanted == "other" or pa.types.is_null(kind):
        return True
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if wanted == "number":
        return kind is value and _is_number(value)
    return _is_word(value)


def told(kind: Any) -> str:
    """An Arrow type in words; how values are stored is nobody's business."""
    import pyarrow as pa

    return str(kind.value_type if pa.types.is_dictionary(kind) else kind)


def readable_as_words(kind: Any) -> bool:
    """Whether Parquet can hand the column over as a dictionary, which is how it lies in the file."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_word(kind: Any) -> bool:
    import pyarrow as pa

    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return bool(textual or pa.types.is_boolean(kind) or pa.types.is_integer(kind))
