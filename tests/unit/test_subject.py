"""What programs put before a subject is no part of it, in whatever language they speak."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.subject import former_subject_key, is_forward, is_reply, plain_subject, subject_key

REPLIES = (
    *("Re:", "RE: ", "Re[2]: ", "re : ", "Re：", "AW: ", "Antw: ", "SV: ", "RES: ", "Odp: ", "YNT: ", "Atb: "),
    *("На: ", "HA: ", "Отв: ", "Ответ: ", "ОТВЕТ[3]: ", "відп: ", "Відповідь: ", "回复：", "答复: "),
)
FORWARDS = (
    *("Fwd: ", "FW: ", "Fw[2]: ", "WG: ", "TR: ", "RV: ", "ENC: ", "VB: ", "VS: ", "VL: ", "PD: ", "İLT: "),
    *("Пер: ", "ПЕР: ", "Пере: ", "Пересл: ", "Переслано: ", "Пересланное: ", "Перенаправлено: ", "转发："),
)


@pytest.mark.req("S-098")
@pytest.mark.parametrize("prefix", [*REPLIES, *FORWARDS])
def test_a_subject_is_the_same_behind_every_prefix(prefix: str) -> None:
    for subject in (f"{prefix}Заказ", f"Re: {prefix}Заказ", f"{prefix}{prefix}Заказ"):
        assert plain_subject(subject) == "Заказ"
        assert subject_key("a@x.org", subject) == "a@x.org\nзаказ"


@pytest.mark.parametrize("prefix", REPLIES)
def test_a_reply_is_known_by_its_prefix_whatever_it_answers(prefix: str) -> None:
    for subject in (prefix, f"{prefix}Заказ", f" {prefix}Fwd: Заказ"):
        assert (is_reply(subject), is_forward(subject)) == (True, False)


@pytest.mark.parametrize("prefix", FORWARDS)
def test_a_mail_passed_on_is_known_by_its_prefix_whatever_it_passes_on(prefix: str) -> None:
    for subject in (prefix, f"{prefix}Заказ", f" {prefix}Re: Заказ", f"[{prefix}Заказ]"):
        assert (is_reply(subject), is_forward(subject)) == (False, True)


@pytest.mark.parametrize(
    "subject",
    ["Заказ", "Reply", "Отвод: труба", "Ответственный: Иван", "На завтра", "Перенос: встреча", "Перевод: счёт 5",
     "Пересылка: 5 коробок", "Fw 5", "Ref: 17", "Заказ Re: 5", "Trek: 7", "", "Res 3"],
)  # fmt: skip
def test_words_that_only_begin_like_a_prefix_belong_to_the_subject(subject: str) -> None:
    assert (plain_subject(subject), is_reply(subject), is_forward(subject)) == (subject, False, False)


def test_the_former_key_differs_only_where_more_prefixes_are_known_now() -> None:
    known = ("Re: ", "Fwd: ", "FW: ", "AW: ", "SV: ", "На: ", "Отв: ", "HA: ", "Пер: ", "Пересл: ", "")
    assert {former_subject_key("a@x.org", f"{one}Заказ") for one in known} == {subject_key("a@x.org", "Заказ")}
    assert former_subject_key("a@x.org", "Re: Ответ: Заказ") == "a@x.org\nответ: заказ"
