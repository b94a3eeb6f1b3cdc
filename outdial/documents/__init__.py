"""YAML files that people write: every mistake is reported with file, line, value, valid values and a suggestion.

The one room that both sides of the contract import. It knows YAML and pydantic, and nothing of calls or callers.
"""

from outdial.documents.document import Document, DocumentError, Together, yaml_files
from outdial.documents.strict import Strict, suggest, unknown_keys

__all__ = ["Document", "DocumentError", "Strict", "Together", "suggest", "unknown_keys", "yaml_files"]
