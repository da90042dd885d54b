"""Ids as distinct types. Times are whole milliseconds since 1970, UTC."""

from __future__ import annotations

from typing import NewType, TypeAlias

LineId = NewType("LineId", int)
ChannelId = NewType("ChannelId", int)
ContactId = NewType("ContactId", int)
DialogId = NewType("DialogId", int)
MessageId = NewType("MessageId", int)
FileId = NewType("FileId", int)
SessionRequestId = NewType("SessionRequestId", int)
QuestionId = NewType("QuestionId", int)
ApplicationId = NewType("ApplicationId", int)
SectionId = NewType("SectionId", int)
QuickReplyId = NewType("QuickReplyId", int)
LinkId = NewType("LinkId", int)
PairingId = NewType("PairingId", int)
EntryId = NewType("EntryId", int)
RuleId = NewType("RuleId", int)
RunId = NewType("RunId", int)
AutoRuleId = NewType("AutoRuleId", int)
AutoActId = NewType("AutoActId", int)

Millis: TypeAlias = int
