"""The rules of the rehearsal: the events, acts and kinds of conditions of which a trial can know what comes of them.

Left out are ``time.due``, ``crm.stage`` and ``comment``. Nobody has an account, so that ``distribute`` finds nobody at
any time, and its else is done: a trial asks who is there at present.
"""

from __future__ import annotations

from typing import Final

HOURS: Final = {
    "hours": "mon-fri 09:00-18:00; sat 10:00-15:00",
    "hours_zone": "Europe/Moscow",
    "hours_calendar": "ru",
    "company_name": "Ёлочный базар",
}
"""Of the company; the line with the crowd has none."""
KEPT: Final = """
version: 1
rules:
- {name: Спам, if: {words: [реклама, продвижение]}, stop: true, then: [{tag: спам}, {waive: true}]}
- {name: Закрыто, kind: autoreply, line: Магазин, if: {open: false}, then: [{send: "Мы откроемся утром"}]}
- {name: Цены, kind: autoreply, if: {words: [цена, почём, "сколько … стоит"]}, then: [{reply: Цены}]}
- {name: Первое, kind: autoreply, if: {first: ever}, then: [{send: "Здравствуйте, {имя клиента}! Скоро ответим"}]}
- {name: Ждёт, kind: autoreply, if: {waited: 17}, then: [{send: "Ещё немного, и мы ответим"}]}
- {name: Опт, line: Магазин, if: {words: [опт, оптовый]}, then: [{tag: опт}, {assign: Ольга}, {send: "Пришлём прайс"}]}
- name: Срочно
  if:
    any: [{words: [срочно, "как можно … быстрее"]}, {match: ['не\\s+горит']}]
    not: {tags: [спам]}
  then: [{tag: [срочно, сегодня]}, {note: "Срочно: {имя клиента}"}]
- {name: Заказ, if: {match: ['заказ\\s+№?\\s*\\d+']}, then: [{note: "Спросил о заказе"}]}
- {name: Возврат, if: {words: [возврат, вернуть], without: [обмен]}, then: [{robot: {robot: set-tags, tags: возврат}}]}
- {name: Обмен, if: {words: [обмен]}, then: [{tag: обмен}, {untag: [возврат, опт]}]}
- {name: Спасибо, if: {words: [спасибо]}, then: [{waive: true}, {tag: доволен}]}
- {name: Позже, if: {words: ["перезвоните … завтра"]}, then: [{snooze: 45}, {note: Перезвонить}]}
- {name: Забыли, line: Магазин, if: {waited: 41, assignee: [nobody]}, then: [{note: "Никто не ответил"}, {tag: забыт}]}
- {name: Опт ждёт, line: Опт, if: {waited: 8}, then: [{assign: Пётр}, {send: "Менеджер сейчас подойдёт"}]}
- {name: Первое за день, line: Сервис, if: {first: day}, then: [{tag: сегодня}, {untag: вчера}]}
- {name: Группа, if: {chats: [group], words: [цена, заказ, адрес]}, then: [{send: "Напишите нам лично"}, {tag: группа}]}
- {name: Ответили, when: message.sent, if: {lines: [Опт]}, then: [{tag: отвечен}]}
- {name: Не дошло, when: message.failed, then: [{note: "Не дошло"}, {tag: недошло}]}
- {name: Новый, when: dialog.created, if: {lines: [Опт, Сервис]}, then: [{tag: новый}, {note: "Новый клиент"}]}
- name: Назначен
  when: dialog.assigned
  about: Ольга
  if: {lines: [Сервис]}
  then: [{note: "Теперь Ольга"}, {untag: новый}]
- {name: VIP, when: tag.added, about: vip, then: [{join: Вера}, {snooze: 30}]}
- {name: Не VIP, when: tag.removed, about: vip, then: [{note: "Больше не vip"}]}
- {name: Повторно опт, if: {tags: [опт], untagged: [спам]}, then: [{tag: постоянный}]}
- {name: Скидка, if: {words: [скидка], untagged: [скидка]}, then: [{tag: скидка}, {send: "Скидка опту 10 %"}]}
- {name: Ольге, if: {assignee: [Ольга], lines: [Магазин]}, then: [{note: "Ольга, пишут"}]}
- {name: Выходной, line: Опт, if: {days: ["off"], calendar: ru, zone: Europe/Moscow}, then: [{tag: выходной}]}
- name: Рабочее утро
  line: Опт
  if: {days: [working], calendar: ru, hours: ["09:00-12:30"], zone: Europe/Moscow, all: [{open: true}]}
  then: [{tag: утро}]
- name: Знакомый
  if: {known: [name], unknown: [phone], from: [клиент-1, клиент-2]}
  then: [{robot: {robot: rename-chat, title: Знакомый}}]
- name: Раздать
  line: Магазин
  if: {words: [адрес, опт]}
  then: [{distribute: evenly}]
  else: [{tag: некому}, {note: "Некому ответить"}]
- {name: Вместе, line: Опт, if: {words: [мастер, срочно]}, then: [{join: Вера}]}
- {name: Склад, if: {words: [доставка, заказ]}, then: [{webhook: "WIRE/told"}, {tag: склад}]}
- {name: Зовут иначе, when: contact.changed, about: name, then: [{note: "Зовут иначе"}]}
- {name: Буря, line: Толпа, if: {kinds: [api]}, then: [{send: "Откроемся в десять"}]}
- {name: Поток, line: Толпа, then: [{tag: толпа}]}
"""
