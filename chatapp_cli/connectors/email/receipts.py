"""Read receipts (RFC 8098): tell standard wording from what a person added.

Only text that a mail program is known to write counts as standard; anything else is shown to an operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from itertools import islice

from chatapp_cli.connectors.email.headers import people, words
from chatapp_cli.connectors.email.parts import content
from chatapp_cli.connectors.email.tree import RETURNED

_NEWS = "message/disposition-notification"
_MOST_NAMES = 10
_LONGEST = 2000
"""The longest standard text, in characters."""
_SUBJECT = re.compile(
    r"(?:(?:not )?read(?: receipt)?|return receipt(?: \(\w+\))?|(?:message )?disposition notification"
    r"|(?:не )?(?:прочитано|прочтено)|(?:уведомление|подтверждение) о прочтении)(?:\s*[:-]\s*(?P<about>.*))?",
)
_MONTHS = (
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
    " января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
    " янв фев мар апр июн июл авг сен сент окт ноя дек"
)
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun"
    " понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс"
)
_CLOCKS = "am pm at utc gmt msk edt est moscow в г года москва санкт-петербург st petersburg волгоград volgograd rtz"
_TIME = "|".join(re.escape(word) for word in f"{_MONTHS} {_DAYS} {_CLOCKS}".split())
_WHEN = rf"(?:(?:\b(?:{_TIME})\b|\d++)[ ,.:()+/-]*+){{1,20}}+"
_SENTENCES = r"""
your message (?:to: {who} )?(?:subject:{about} )?(?:sent: {when})?(?:was|has been) {read}(?: on {when})?
ваше сообщение (?:кому: {who} )?(?:тема:{about} )?(?:отправлено: {when})?(?:было )?{прочитано}(?: {when})?
this is a (?:return )?receipt for the (?:mail|message) (?:that )?you sent to {who}(?: {when})?
this is a return receipt for your message\.?(?: to: {who})?(?: subject:{about})?(?: (?:sent|date): {when})?
this receipt verifies that the message has been displayed on the recipient's computer(?: {when})?
the message sent on {when}to {who} with subject "{about}" has been displayed
this is no guarantee that the message has been read or understood
(?:note: )?this (?:return )?receipt only acknowledges that the message was displayed on the recipient's computer
there is no guarantee that the recipient has read or understood the message contents
это уведомление о прочтении (?:сообщения|письма), отправленного (?:вами )?(?:на адрес|для) {who}(?: {when})?
это подтверждение о прочтении вашего сообщения\.?(?: кому: {who})?(?: тема:{about})?(?: дата: {when})?
(?:примечание: )?это уведомление о прочтении {лишь}, что сообщение было {показано} на (?:экране )?компьютера получателя
(?:примечание: )?это уведомление о прочтении {лишь}, что сообщение было {показано} на компьютере получателя
(?:мы не гарантируем|нет (?:никакой )?гарантии), что получатель прочитал или понял содерж(?:ание|имое) сообщения
"""
"""What programs write, in the order of these lines:

- Outlook, in English and in Russian: as seen in receipts, there is no document;
- Outlook Express (*a receipt for the mail you sent*, c_szReadableTextFirst in its source) and Thunderbird (*a Return
  Receipt for the mail that you sent*, MsgMdnDisplayed in msgmdn.properties);
- Roundcube (*a Return Receipt for your message*), as far as we know;
- Outlook Express, its second sentence (c_szReadableTextSecond);
- KMail, two lines (the library KMime, mdn.cpp); Horde writes the same (Horde_Mime_Mdn);
- the note of Thunderbird and Roundcube, two lines;
- the Russian of Thunderbird (*Это уведомление*, *Примечание*) and of Roundcube (*Это подтверждение*), as we know them:
  their translations differ between versions, so that the words in braces and brackets may be others.
"""
_FORMS = {
    "{when}": _WHEN,
    "{read}": "(?:read|displayed|deleted without being read)",
    "{прочитано}": "(?:прочитано|прочтено|удалено без прочтения)",
    "{лишь}": "(?:лишь подтверждает|подтверждает лишь|подтверждает только то)",
    "{показано}": "(?:показано|отображено)",
}
_ADDRESS = r"<?[^\s<>@]{1,64}@[\w.-]{1,254}>?"


def says_nothing_more(message: Message) -> bool:
    """Whether a receipt has standard wording only; in doubt, a person wrote it."""
    subject = _SUBJECT.fullmatch(_plain(words(message, "Subject")))
    parts = [part for part in message.get_payload() if isinstance(part, Message)] if message.is_multipart() else []
    if subject is None or not _is_usual(parts):
        return False
    pattern = _standard(message, subject["about"] or "")
    return all(pattern.fullmatch(said) for said in _texts(parts[0]))


def _is_usual(parts: list[Message]) -> bool:
    """Whether it consists of readable text, the machine-readable report, and perhaps the original mail."""
    news, *rest = [part.get_content_type() for part in parts[1:]] or [""]
    return news == _NEWS and (not rest or (len(rest) == 1 and rest[0] in RETURNED))


def _texts(human: Message) -> Iterator[str]:
    """All alternatives of the readable text; a file among them is not standard."""
    for leaf in human.walk():
        if not leaf.is_multipart():
            found = content(leaf)
            yield "\ufffd" if found.files or len(found.text) > _LONGEST else _plain(found.text)


def _plain(said: str) -> str:
    return " ".join(said.split()).lower().replace("ё", "е").replace("\u2019", "'")


def _standard(message: Message, about: str) -> re.Pattern[str]:
    """The standard wordings for this mail, with the names and the subject of its header."""
    named = (profile.name for field in ("From", "To") for profile in people(message, field) if profile.name)
    names = "|".join(re.escape(_plain(name)) for name in islice(named, _MOST_NAMES))
    who = rf"(?:(?:{names}) ?(?:{_ADDRESS})?|{_ADDRESS})" if names else _ADDRESS
    said = "|".join(_SENTENCES.strip().splitlines())
    for mark, form in (_FORMS | {"{who}": who, "{about}": f"(?: ?{re.escape(about)})?"}).items():
        said = said.replace(mark, form)
    return re.compile(rf"(?:(?:{said})[. ]*+)*+")
