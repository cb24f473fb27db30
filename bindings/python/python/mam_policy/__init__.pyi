"""Decisions about mobile app management policies: single requests, and columns of them."""

import os
from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypedDict

class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface, such as tables of pyarrow, Polars, DuckDB and pandas."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class Diagnostic(TypedDict):
    code: str
    severity: Literal["error", "warning", "advice"]
    message: str
    help: str | None
    location: str | None

class Mistake(TypedDict):
    code: str
    message: str
    help: str

class MamError(Exception):
    """The base of all errors of this module."""

class PolicyError(MamError):
    """Mistakes in policies or in a scope."""

    diagnostics: list[Diagnostic]

class RequestError(MamError):
    """A request that cannot be answered. One that is malformed has a message alone."""

    code: str
    member: str
    help: str

class ColumnsError(MamError):
    """A batch that is not answered, with all mistakes in its columns, or the first bad row."""

    mistakes: list[Mistake]
    row: int | None

class Answers:
    """The answers to a table or to batches: batches in the same order, for any library that reads Arrow."""

    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class Table:
    """Compiled policies. One that was compiled here can also be tested, compared and asked."""

    @staticmethod
    def load(source: bytes | str | os.PathLike[str]) -> Table:
        """Loads a compiled table: its bytes, or the path of its file."""
    @staticmethod
    def compile(
        text: str, name: str = "policies.mam", files: Mapping[str, str] | None = None
    ) -> Table:
        """Compiles the text of policies. `files` has the texts that it names with `use`."""
    @staticmethod
    def from_intune(source: str | Mapping[str, Any] | list[Any], name: str = "policies.json") -> Table:
        """Compiles policies of Microsoft Intune as Microsoft Graph returns them: JSON text, or its value."""
    def to_bytes(self) -> bytes:
        """The table as bytes, as `mam compile` writes it."""
    def decide(self, request: str | Mapping[str, Any]) -> dict[str, Any]:
        """Decides a request about a movement or an access: a dictionary, or JSON."""
    def decide_batch(
        self,
        data: ArrowStream,
        *,
        rules: bool = False,
        bad_rows: Literal["error", "null"] = "error",
    ) -> Answers:
        """Decides every row of a table or of batches."""
    def test(self) -> list[dict[str, Any]]:
        """The verdict on every `expect` line, about movements and then about accesses."""
    def diff(self, after: Table) -> dict[str, list[dict[str, Any]]]:
        """What another table decides differently: movements, accesses and requirements."""
    def explain(self, scope: str) -> list[dict[str, Any]]:
        """What is decided of the movements of a scope, in parts, each with the rules that decide it."""
    def effective(self, place: str) -> list[dict[str, Any]]:
        """What holds for people in an app on a device: `outlook as work for exactly staff on ios`."""
