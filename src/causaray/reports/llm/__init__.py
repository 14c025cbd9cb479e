"""The language model: report -> mentions by any OpenAI-compatible server that the user names."""

from causaray.reports.llm.engine import LanguageModel

__all__ = ["LanguageModel"]
