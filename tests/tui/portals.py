"""Two portals of the invented company: one that works, and one that has to be paid."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.events import RobotAsked
from chatapp_cli.domain.crm.link import Employee, Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import LinkId, PairingId
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.i18n import N_
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_rules, employees, ledger, links, operators, pairings, robots
from chatapp_cli.services.robots import RobotSetting
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.store.rows.crm import EntryRow
from chatapp_cli.store.tx import Tx
from tests.tui.stage import ANNA, DAY, HOUR, MINUTE, Stage

KIND = "bitrix24"
HOME, TRADE = "teply-dom.bitrix24.ru", "opt-teply-dom.bitrix24.ru"
SALES, POST = Place(id="107", name="Продажи"), Place(id="109", name="Почта и сайт")


def furnish(stage: Stage, way: str = "application") -> None:
    """Both, with channels, and with what they are still to be told."""
    home = linked(stage, HOME, way)
    paired(stage, home, "@teply_dom_bot", SALES, show_robots="off")
    paired(stage, home, "hello@teply-dom.example", POST)
    _tell_some(stage, home)
    trade = linked(stage, TRADE)
    paired(stage, trade, "Сайт", Place(id="12", name="Заявки"))
    stage.company.write(lambda tx: links.set_state(tx, trade, LinkState.PAYMENT, "payment"))


def ruled(stage: Stage) -> None:
    """The same with rules for the first portal, which is linked by a webhook."""
    furnish(stage, "webhook")
    add = partial(crm_rules.add, link=LinkId(1))
    for name, asked, pipeline in (
        ("Опт", {"words": ["опт", "прайс"]}, "deal-9"),
        ("Ночью", {"hours": ["22:00-08:00"], "zone": "Europe/Moscow"}, "deal-0"),
        ("Остальное", {}, "lead"),
    ):
        outcome = RuleOutcome(pipeline=pipeline)
        stage.company.write(partial(add, name=name, asked=asked, outcome=outcome))


def linked(stage: Stage, account: str, way: str = "application") -> LinkId:
    """A portal that works since yesterday."""
    settings = {
        "way": way,
        "portal": f"https://{account}",
        "client_id": "local.5",
        "auth_server": "https://oauth.bitrix24.tech",
    }
    facts = {N_("Portal"): account}
    bound = Bound(account=account, title=account, settings=settings, facts=facts, hook_key=f"key of {account}")

    def link(tx: Tx) -> LinkId:
        made = links.save(tx, stage.company.vault, bound, kind=KIND)
        links.set_state(tx, made, LinkState.OK)
        links.prove(tx, made)
        return made

    now, stage.clock.at = stage.clock.at, stage.clock.at - DAY
    made = stage.company.write(link)
    stage.clock.at = now
    return made


def paired(stage: Stage, link: LinkId, channel: str, place: Place, **options: str) -> PairingId:
    """Pair a channel; what is written from then on is for the portal too."""
    row = stage.company.read(partial(channels.find, named=channel))
    attach = partial(pairings.attach, manifest=manifest(KIND), link=link, channel=row, place=place, changes=options)
    now, stage.clock.at = stage.clock.at, stage.clock.at - 3 * HOUR
    made = stage.company.write(attach)
    stage.clock.at = now
    return made


def _tell_some(stage: Stage, link: LinkId) -> None:
    """One message is told there, one is refused, one waits."""
    bot = stage.company.read(partial(channels.find, named="@teply_dom_bot")).id
    for ago, text in ((40, "А доставка бесплатная?"), (22, "И ещё открытку, пожалуйста"), (2, "Жду счёт")):
        stage.hear(bot, ANNA, text, ago=ago * MINUTE)
        for row in () if ago == 2 else stage.company.write(partial(ledger.claim, link=link, n=9)):
            stage.company.write(partial(_answer, row=row, refuses=ago == 22))


def _answer(tx: Tx, *, row: EntryRow, refuses: bool) -> None:
    ledger.begin(tx, [row])
    if refuses:
        ledger.die(tx, row, "line_inactive", "ERROR_CONNECTOR_NOT_ACTIVE")
    else:
        ledger.skip(tx, row)


def automated(stage: Stage) -> None:
    """The same with robots that ran on stages of the first portal: one whose messages wait, one that did nothing."""
    furnish(stage)
    able = stage.company.capabilities
    for token, whom, message in (
        ("one", "rita@lebedeva.example; pavel@opt.example", "Ваш заказ готов"),
        ("two", "@nobody_of_ours; не телефон", "Спасибо за покупку!"),
    ):
        asked = RobotAsked(remote=token, robot=RobotCode.SEND_MESSAGE, card=CardRef("deal", "17"),
                           arguments={"chat_id": whom, "message": message})  # fmt: skip
        stage.company.write(partial(_robot, link=LinkId(1), asked=asked, setting=RobotSetting(able=able)))


OLEG = "Олег Константинопольский-Заречный"
STAFF = [
    {"id": "1", "name": "Светлана Белова", "email": "svetlana@teply-dom.example"},
    {"id": "27", "name": OLEG, "email": "oleg.konstantinopolsky-zarechny@teply-dom.example"},
    {"id": "29", "name": "Яна Ким"},
]  # fmt: skip
"""Who works in the first portal; Pavel left it."""
DEALS = [
    {
        "kind": "deal", "id": "17", "title": "Пледы и подушки для гостиницы", "pipeline": "Продажи в розницу",
        "stage": "Ждёт оплаты", "responsible": "Светлана Белова", "url": f"https://{HOME}/crm/deal/details/17/",
    },
    {"kind": "contact", "id": "5", "title": "Анна Кузнецова", "responsible": "Яна Ким"},
]  # fmt: skip


def staffed(stage: Stage) -> None:
    """The same with operators who are employees there: by their address, by hand, and one who left."""
    furnish(stage)
    write = stage.company.write
    for name, email in (("Светлана", "svetlana@teply-dom.example"), ("Олег", ""), ("Павел", "")):
        write(partial(operators.add, name=name, password_hash="", lines=()))
        write(partial(operators.set_email, name=name, email=email))
    for operator, number, called in (
        ("Олег", "27", "Олег Константинопольский-Заречный"),
        ("Павел", "33", "Павел Ильин"),
    ):
        write(partial(employees.map_to, link=LinkId(1), operator=operator, employee=Employee(id=number, name=called)))


def dealt(stage: Stage) -> None:
    """The same with a deal of Anna, of which the portal said who is responsible."""
    staffed(stage)
    bot = stage.company.read(partial(channels.find, named="@teply_dom_bot")).id
    dialog = stage.dialog(bot, ANNA)

    def met(tx: Tx) -> None:
        employees.map_to(tx, LinkId(1), "Светлана", Employee(id="1", name="Светлана Белова"))
        tx.run("chats.keep", pairing=1, chat="chat-1", dialog=dialog, remote="1767", session="")
        moment = stage.clock.at - 5 * MINUTE
        tx.run("owners.heard", pairing=1, chat="chat-1", owner="1", at=moment, card="deal:17", now=moment)

    stage.company.write(met)


def _robot(tx: Tx, *, link: LinkId, asked: RobotAsked, setting: RobotSetting) -> None:
    robots.expect(tx, link, asked)
    robots.carry_out_of(tx, link, asked, setting)
