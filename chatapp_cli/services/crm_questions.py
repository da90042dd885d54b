"""Questions to a CRM's live session: the caller writes a row and waits; the process that runs the session answers.

They share no table with the requests to a channel's session (``session_requests``), although both are claimed alike:

* What a CRM tells of its clients goes with the answer; a request of a channel stays for a day, with its answer.
* A question whose session ended is asked again, since it changes nothing that asking twice would double; a request,
  such as for a new group, is then of unknown outcome, and must not be carried out again.
* Each row goes with what it belongs to. A row that belongs to a channel or to a link would need two references, each
  empty half of the time, and two partial indexes, for one statement less: the claim.
"""

from __future__ import annotations

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.questions import CHANGING, CrmQuestion
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId, QuestionId
from chatapp_cli.domain.journal.links import LinkAnswered, LinkAsked
from chatapp_cli.domain.session_request import SessionRequestState
from chatapp_cli.services import access, links
from chatapp_cli.store.rows.crm import QuestionRow
from chatapp_cli.store.tx import Tx


def ask(tx: Tx, link: LinkId, what: CrmQuestion, arguments: str, *, seconds: float) -> QuestionId:
    """Write a question; after its timeout in seconds it is no longer asked. Raises NotFound."""
    if what in CHANGING:
        access.require(tx, Right.CRM)
    links.one(tx, link)
    limits.REQUEST.require(arguments, field="arguments")
    until = tx.now + int(seconds * 1000)
    question = QuestionId(tx.insert("crmquestions.add", link=link, what=what, arguments=arguments, until=until))
    tx.emit(LinkAsked(link=link, question=question))
    return question


def claim(tx: Tx, link: LinkId, epoch: int) -> QuestionRow | None:
    """Claim the next question; none for a process that holds the store no longer, see ``session_requests.claim``."""
    return tx.one(QuestionRow, "crmquestions.claim", link=link, epoch=epoch, now=tx.now)


def recover(tx: Tx, link: LinkId) -> None:
    """Put back what an ended session was asked: each question may be asked twice."""
    tx.run("crmquestions.recover", link=link)


def answered(tx: Tx, row: QuestionRow, result: str) -> None:
    """Record the answer as JSON."""
    _end(tx, row, SessionRequestState.DONE, result=result)


def failed(tx: Tx, row: QuestionRow, error: ChannelError) -> None:
    """Record why there is none."""
    _end(tx, row, SessionRequestState.FAILED, code=error.code, detail=error.detail, result=type(error).__name__)


def _end(
    tx: Tx, row: QuestionRow, state: SessionRequestState, *, code: str = "", detail: str = "", result: str = ""
) -> None:
    if tx.run("crmquestions.end", id=row.id, state=state, code=code, detail=detail, result=result):
        tx.emit(LinkAnswered(link=row.link_id, question=row.id))


def one(tx: Tx, question: QuestionId) -> QuestionRow | None:
    """A question and its state; ``None`` if its link is gone."""
    return tx.one(QuestionRow, "crmquestions.one", id=question)


def forget(tx: Tx, question: QuestionId) -> None:
    """Delete a question with what the CRM told; its caller does not wait any more."""
    tx.run("crmquestions.forget", id=question)
