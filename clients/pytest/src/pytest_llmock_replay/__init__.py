"""Replays recorded responses of language models in pytest, with the command `llmock`."""

from .server import Server

__all__ = ["Server"]
