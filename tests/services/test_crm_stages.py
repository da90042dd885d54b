"""Where the cards of clients stand: what rules are told, and what they may ask."""

from __future__ import annotations
