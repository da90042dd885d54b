"""VK numbers its reactions: https://dev.vk.com/method/messages.sendReaction."""

from __future__ import annotations

_EMOJI = "❤🔥😂👍💩❓😭😡👎👌😃🤔🙏😘😍🎉"
"""In the order of their numbers, from 1."""
_VARIATION = "\N{VARIATION SELECTOR-16}"


def emoji(number: int) -> str:
    """The emoji of a reaction; one newer than this list is shown as its number."""
    return _EMOJI[number - 1] if 0 < number <= len(_EMOJI) else f"[{number}]"


def number(said: str) -> int:
    """The number of an emoji; 0 if VK has no such reaction."""
    return _EMOJI.find(plain) + 1 if len(plain := said.replace(_VARIATION, "")) == 1 else 0
