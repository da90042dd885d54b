"""Every action of the window: its scope, its keys and its help text.

A letter also works in the Russian layout, on the same key. ``g l`` means one key after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatapp_cli.i18n import N_


class KeyActionSpec(NamedTuple):
    """An action of a scope."""

    name: str
    keys: Sequence[str]
    help: str
    hint: str = ""


class KeyScope(NamedTuple):
    """A scope in which keys work; the keys of the enclosing scope, ``inside``, work there too."""

    scope: str
    title: str
    acts: Sequence[KeyActionSpec]
    inside: str = "app"


PLACES: Final = (
    KeyScope(
        "app",
        N_("Everywhere"),
        inside="",
        acts=(
            KeyActionSpec("help", ["?", "f1"], N_("Show all keys"), N_("help")),
            KeyActionSpec("palette", [":", "ctrl+p"], N_("All actions here, found by a few letters"), N_("commands")),
            KeyActionSpec("page('lines')", ["f2", "g l"], N_("Lines and channels: health, bind, check"), N_("lines")),
            KeyActionSpec(
                "page('troubles')", ["f3", "g n"], N_("What needs a person: failed, uncertain, waiting, not understood")
            ),
            KeyActionSpec("page('people')", ["f4", "g p"], N_("Who is reachable where: find somebody")),
            KeyActionSpec("page('begin')", ["D", "ctrl+n", "g d"], N_("A new dialog: write to somebody first")),
            KeyActionSpec("page('replies')", ["f5", "g r"], N_("Quick replies: sections, answers, who may edit")),
            KeyActionSpec(
                "page('automation')", ["#"], N_("Automation: rules and automatic answers, and the way to quick replies")
            ),
            KeyActionSpec("page('find')", ["f7", "g f"], N_("Search in messages, by words in any form")),
            KeyActionSpec("page('operators')", ["g o"], N_("Operators: who may log in, and which lines they see")),
            KeyActionSpec("page('crm')", ["ctrl+k", "$"], N_("CRMs: links, paired channels, what is still to be told")),
            KeyActionSpec("away", ["~"], N_("I am away: nothing is given to me; or I am back")),
            KeyActionSpec("theme", ["f9", "g t"], N_("Other colours: dark, light, high contrast, none")),
            KeyActionSpec("mute", ["g b"], N_("Mute sound and notices for an hour, or unmute")),
            KeyActionSpec("leave", ["q", "ctrl+q"], N_("Leave"), N_("leave")),
        ),
    ),
    KeyScope(
        "inbox",
        N_("Dialogs"),
        acts=(
            KeyActionSpec("search", ["/", "f", "ctrl+f"], N_("Search by name, phone or e-mail"), N_("search")),
            KeyActionSpec("everything", ["1"], N_("All dialogs: drop every filter")),
            KeyActionSpec("unread", ["2"], N_("Only unread")),
            KeyActionSpec("unanswered", ["3"], N_("Only unanswered, the longest waiting first")),
            KeyActionSpec("by_line", ["4"], N_("The next line")),
            KeyActionSpec("by_channel", ["5"], N_("The next channel")),
            KeyActionSpec("by_tag", ["6"], N_("The next tag")),
            KeyActionSpec("blacklist", ["7"], N_("The blacklist")),
            KeyActionSpec("by_assignee", ["8"], N_("Mine, nobody's, the next operator's")),
            KeyActionSpec("snoozed", ["9"], N_("Snoozed")),
            KeyActionSpec("filter", ["0"], N_("All filters on one page, dates too")),
            KeyActionSpec("views", ["g v"], N_("Saved views: open, save this filter, move, delete")),
            KeyActionSpec("next_view", [">"], N_("The next saved view")),
            KeyActionSpec("previous_view", ["<"], N_("The saved view before")),
            KeyActionSpec("look_within", ["'", "g /"], N_("Look for words in the open conversation, all of it")),
            KeyActionSpec("hit(1)", [";"], N_("The next message in which they are")),
            KeyActionSpec("hit(-1)", [","], N_("The message before in which they are")),
            KeyActionSpec("deed('claim')", ["I"], N_("Take it: I answer")),
            KeyActionSpec("deed('assign')", ["A"], N_("Who answers")),
            KeyActionSpec("deed('no_answer')", ["E"], N_("No answer is needed")),
            KeyActionSpec("deed('snooze')", ["Z"], N_("Snooze until a time")),
            KeyActionSpec("deed('member')", ["M"], N_("Members: who else looks at it")),
            KeyActionSpec("deed('note')", ["N"], N_("A note for colleagues, with @mentions")),
            KeyActionSpec("undo", ["U"], N_("Undo the last action")),
            KeyActionSpec("deed('mark')", ["r"], N_("Mark as read, or unread")),
            KeyActionSpec(
                "deed('peek')", ["g u"], N_("Mark as read only for me: neither the client nor colleagues see it")
            ),
            KeyActionSpec("deed('pin')", ["p"], N_("Pin, or unpin")),
            KeyActionSpec("deed('block')", ["b"], N_("Put on the blacklist, or take off")),
            KeyActionSpec("deed('rename')", ["n"], N_("Rename")),
            KeyActionSpec("deed('chain')", ["C"], N_("The order in which the client's channels are tried")),
            KeyActionSpec(
                "way", ["]", "f8"], N_("The client's next dialog; in a joint conversation: the one for the answer")
            ),
            KeyActionSpec("join", ["J"], N_("All dialogs of a client as one conversation, or separately")),
            KeyActionSpec("deed('same')", ["="], N_("The suggested one is the same person")),
            KeyActionSpec("deed('not_same')", ["!"], N_("The suggested one is somebody else")),
            KeyActionSpec("deed('pick_same')", ["g ="], N_("Find another contact of the same person")),
            KeyActionSpec("deed('part')", ["g -"], N_("Separate people who are not the same after all")),
            KeyActionSpec("deed('tag')", ["t", "+"], N_("Add a tag")),
            KeyActionSpec("deed('untag')", ["u", "-"], N_("Remove a tag")),
            KeyActionSpec("deed('group')", ["m"], N_("A group: add and remove people, rename, delete")),
            KeyActionSpec("deed('template')", ["P", "ctrl+t"], N_("Send an approved template")),
            KeyActionSpec("quick", ["R", "ctrl+r"], N_("A quick reply into the text")),
            KeyActionSpec("card", ["i"], N_("Who is this: the client's card"), N_("client")),
            KeyActionSpec("deal", ["%"], N_("The client's deal in the CRM: ask again")),
            KeyActionSpec("menu", [".", "f10"], N_("What can be done here"), N_("menu")),
            KeyActionSpec("write", ["w", "space"], N_("Write"), N_("write")),
            KeyActionSpec("later", ["L", "ctrl+l"], N_("Send what is written at a later time")),
            KeyActionSpec("everybody", ["g s", "f6"], N_("Answer all: copies to everybody whom the mail names")),
            KeyActionSpec("copies", ["g c", "f12"], N_("Who gets a copy: Cc; once more: Bcc, then the text again")),
            KeyActionSpec("signature", ["g x", "f11"], N_("Leave the signature out of this mail, or put it back")),
            KeyActionSpec("attach", ["a", "ctrl+o"], N_("Attach a file"), N_("attach")),
            KeyActionSpec("buttons", ["_"], N_("Buttons below what is written")),
            KeyActionSpec("editor", ["g e", "ctrl+e"], N_("Write in your own editor")),
            KeyActionSpec("spelling", ["g w", "ctrl+s"], N_("Suggestions for the word under the cursor")),
            KeyActionSpec("detach", ["x", "ctrl+g"], N_("Remove the last file, or the quote")),
            KeyActionSpec("next_pane", ["tab"], N_("To the next pane")),
            KeyActionSpec("peek", ["Q"], N_("Read it without marking it as read")),
            KeyActionSpec("new_tab", ["T"], N_("Open it in a new tab")),
            KeyActionSpec("next_tab", ["}", "ctrl+pagedown"], N_("The next tab")),
            KeyActionSpec("previous_tab", ["{", "ctrl+pageup"], N_("The tab before")),
            KeyActionSpec("close_tab", ["X"], N_("Close the tab")),
            KeyActionSpec(
                "previous_pane", ["shift+tab", "h"], N_("To the pane before; from the text to Bcc, Cc and the subject")
            ),
            KeyActionSpec("back", ["escape"], N_("Back to the list"), N_("back")),
        ),
    ),
    KeyScope(
        "list",
        N_("In the list"),
        inside="inbox",
        acts=(
            KeyActionSpec("down", ["down", "j"], N_("Down")),
            KeyActionSpec("up", ["up", "k"], N_("Up")),
            KeyActionSpec("page_down", ["pagedown", "ctrl+d"], N_("A page down")),
            KeyActionSpec("page_up", ["pageup", "ctrl+u"], N_("A page up")),
            KeyActionSpec("first", ["home", "g g"], N_("To the first")),
            KeyActionSpec("last", ["end", "G"], N_("To the last")),
            KeyActionSpec("open", ["enter", "o", "l"], N_("Open the dialog"), N_("open")),
            KeyActionSpec("pick", ["V", "s"], N_("Choose several: add or remove this one")),
            KeyActionSpec("pick_range", ["S"], N_("Choose all from the last chosen one to here")),
            KeyActionSpec("pick_all", ["*"], N_("Choose all that are listed, or none")),
        ),
    ),
    KeyScope(
        "transcript",
        N_("In the conversation"),
        inside="inbox",
        acts=(
            KeyActionSpec("down", ["down", "j"], N_("The next message")),
            KeyActionSpec("up", ["up", "k"], N_("The message before")),
            KeyActionSpec("page_down", ["pagedown", "ctrl+d"], N_("A page down")),
            KeyActionSpec("page_up", ["pageup", "ctrl+u"], N_("A page up")),
            KeyActionSpec("first", ["home", "g g"], N_("To the earliest that is loaded")),
            KeyActionSpec("last", ["end", "G"], N_("To the latest")),
            KeyActionSpec("message('reply')", ["enter"], N_("Answer this message with a quote"), N_("answer")),
            KeyActionSpec("message('edit')", ["e"], N_("Edit")),
            KeyActionSpec("message('delete')", ["d"], N_("Delete for everybody")),
            KeyActionSpec("message('react')", ["v"], N_("React")),
            KeyActionSpec("message('retry')", ["s"], N_("Send again")),
            KeyActionSpec("message('cancel')", ["z"], N_("Take back before it goes")),
            KeyActionSpec("message('resolve')", ["c"], N_("Record what became of an uncertain one")),
            KeyActionSpec("message('save')", ["S"], N_("Save the file")),
            KeyActionSpec("message('show')", ["O"], N_("Open the file")),
            KeyActionSpec("message('look')", ["l"], N_("Look at the picture, as large as the window")),
            KeyActionSpec("message('transcribe')", ["K"], N_("Transcribe")),
            KeyActionSpec("message('follow')", ["o"], N_("Open a link, write to an address or a number in it")),
            KeyActionSpec("message('forward')", ["F"], N_("Forward, with those chosen, to another dialog")),
            KeyActionSpec("pick", ["V"], N_("Choose several: add or remove this one")),
            KeyActionSpec("message('history')", ["H"], N_("What it said before it was edited")),
            KeyActionSpec("message('retime')", ["W"], N_("Reschedule a message, or send it now")),
            KeyActionSpec("message('raw')", ["B"], N_("Show how the message arrived")),
            KeyActionSpec("message('fold')", ["Y"], N_("Unfold what a mail quotes, or fold it")),
            KeyActionSpec(
                "message('whole')",
                ["g m"],
                N_("A mail with all that came, or a long text to its end"),
                N_("whole mail"),
            ),
            KeyActionSpec("message('invitation')", ["g y"], N_("Accept or decline the invitation of a mail")),
            KeyActionSpec("message('copy')", ["y"], N_("Copy the text")),
            KeyActionSpec("message('rule')", ["@"], N_("The rule that wrote it")),
        ),
    ),
    KeyScope(
        "picture",
        N_("Looking at a picture"),
        inside="",
        acts=(
            KeyActionSpec("step(-1)", ["left", "h", "k"], N_("The picture before")),
            KeyActionSpec("step(1)", ["right", "l", "j"], N_("The next picture")),
            KeyActionSpec("back", ["escape", "q"], N_("Back to the conversation")),
        ),
    ),
    KeyScope(
        "mail",
        N_("Reading a mail"),
        acts=(
            KeyActionSpec("down", ["down", "j"], N_("Down")),
            KeyActionSpec("up", ["up", "k"], N_("Up")),
            KeyActionSpec("page_down", ["pagedown", "ctrl+d", "space"], N_("A page down")),
            KeyActionSpec("page_up", ["pageup", "ctrl+u"], N_("A page up")),
            KeyActionSpec("step(1)", ["J", "right"], N_("The next mail: of this dialog, then of the list"), N_("next")),
            KeyActionSpec("step(-1)", ["K", "left"], N_("The mail before")),
            KeyActionSpec("reply", ["enter"], N_("Answer this message with a quote"), N_("answer")),
            KeyActionSpec(
                "everybody", ["f6", "g s"], N_("Answer all: copies to everybody whom the mail names"), N_("answer all")
            ),
            KeyActionSpec("message('forward')", ["F"], N_("Forward it to another dialog"), N_("forward")),
            KeyActionSpec("back", ["escape"], N_("Back to the conversation"), N_("back")),
            KeyActionSpec("write", ["w"], N_("Write"), N_("write")),
            KeyActionSpec("first", ["home", "g g"], N_("To the beginning")),
            KeyActionSpec("last", ["end", "G"], N_("To the end")),
            KeyActionSpec("headers", ["H"], N_("All headers, or those that matter"), N_("headers")),
            KeyActionSpec("message('save')", ["S"], N_("Save the file"), N_("save")),
            KeyActionSpec("message('show')", ["O"], N_("Open the file"), N_("open")),
            KeyActionSpec("message('look')", ["l"], N_("Look at the picture, as large as the window")),
            KeyActionSpec("follow", ["o"], N_("Open a link, write to an address or a number in it"), N_("link")),
            KeyActionSpec("message('invitation')", ["g y"], N_("Accept or decline the invitation of a mail")),
            KeyActionSpec("undo", ["U"], N_("Undo the last action")),
            KeyActionSpec("copy", ["y"], N_("Copy the text")),
        ),
    ),
    KeyScope(
        "composer",
        N_("While writing"),
        inside="inbox",
        acts=(
            KeyActionSpec("send", ["enter"], N_("Send"), N_("send")),
            KeyActionSpec("newline", ["ctrl+j", "shift+enter", "\\ enter"], N_("A new line")),
            KeyActionSpec("quick", ["/"], N_("In an empty text: a quick reply")),
            KeyActionSpec("recall", ["ctrl+z", "up z"], N_("In an empty text: cancel a message not sent yet")),
        ),
    ),
    KeyScope(
        "quick",
        N_("Choosing a quick reply"),
        inside="",
        acts=(
            KeyActionSpec("pick", ["enter", "tab"], N_("Take it into the text; missing values are asked first")),
            KeyActionSpec("next", ["down"], N_("The next one")),
            KeyActionSpec("previous", ["up"], N_("The one before")),
        ),
    ),
    KeyScope(
        "replies",
        N_("Quick replies"),
        acts=(
            KeyActionSpec("add", ["a"], N_("Add a quick reply to the section"), N_("add")),
            KeyActionSpec("edit", ["enter", "e"], N_("Change the reply, or the section's name"), N_("change")),
            KeyActionSpec("attach", ["f"], N_("A file of the reply")),
            KeyActionSpec("remove", ["d"], N_("Remove the reply, or the section"), N_("remove")),
            KeyActionSpec("add_section", ["s"], N_("Add a section"), N_("section")),
            KeyActionSpec("invite", ["v"], N_("Invite somebody to edit the section"), N_("invite")),
            KeyActionSpec("uninvite", ["u"], N_("Take back an invitation")),
            KeyActionSpec("export", ["x"], N_("Write all into a file")),
            KeyActionSpec("take_over", ["i"], N_("Import from a file")),
            KeyActionSpec("box", ["/", "ctrl+f"], N_("Search the replies")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "automation",
        N_("Automation"),
        acts=(
            KeyActionSpec("edit", ["enter", "e"], N_("Change the rule"), N_("change")),
            KeyActionSpec("answer", ["n"], N_("Add an automatic answer"), N_("new answer")),
            KeyActionSpec("add", ["a"], N_("Make a rule"), N_("new rule")),
            KeyActionSpec("rule('switch')", ["s", "space"], N_("Switch the rule on or off"), N_("on, off")),
            KeyActionSpec("trial('one')", ["t"], N_("Try the rule on the last 7 days"), N_("try")),
            KeyActionSpec("trial('all')", ["T"], N_("Try all rules that are on")),
            KeyActionSpec("log('one')", ["l"], N_("What the rule did: to whom, when and why"), N_("log")),
            KeyActionSpec("log('all')", ["L"], N_("What all rules did")),
            KeyActionSpec("move(-1)", ["K", "shift+up"], N_("Ask the rule earlier"), N_("earlier")),
            KeyActionSpec("move(1)", ["J", "shift+down"], N_("Ask the rule later"), N_("later")),
            KeyActionSpec("rule('remove')", ["x"], N_("Remove the rule"), N_("remove")),
            KeyActionSpec("resume", ["p"], N_("Let stopped channels answer automatically again")),
            KeyActionSpec("replies", ["r"], N_("Quick replies: sections, answers, who may edit"), N_("quick replies")),
            KeyActionSpec("down", ["j"], N_("Down")),
            KeyActionSpec("up", ["k"], N_("Up")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "auto_acts",
        N_("What rules did"),
        acts=(
            KeyActionSpec("open", ["enter", "o"], N_("Open the dialog"), N_("open")),
            KeyActionSpec("stop", ["s"], N_("Stop trying; what was found stays"), N_("stop")),
            KeyActionSpec("down", ["j"], N_("Down")),
            KeyActionSpec("up", ["k"], N_("Up")),
            KeyActionSpec("back", ["escape"], N_("Back to the rules"), N_("back")),
        ),
    ),
    KeyScope(
        "operators",
        N_("Operators"),
        acts=(
            KeyActionSpec("add", ["a"], N_("Add an operator"), N_("add")),
            KeyActionSpec("lines", ["enter", "l"], N_("The lines that they see"), N_("lines")),
            KeyActionSpec("dialogs", ["o"], N_("Only their own dialogs, or all of their lines"), N_("own dialogs")),
            KeyActionSpec("rights", ["r"], N_("Rights besides answering"), N_("rights")),
            KeyActionSpec("password", ["p"], N_("Set a password; logins with the old one end"), N_("password")),
            KeyActionSpec("hours", ["h"], N_("Working hours of their own")),
            KeyActionSpec("limit", ["m"], N_("How many dialogs may wait for them")),
            KeyActionSpec("disable", ["d"], N_("Disable, or enable"), N_("enable, disable")),
            KeyActionSpec("remove", ["x"], N_("Delete the account"), N_("delete")),
            KeyActionSpec("undo", ["U"], N_("Undo the last action")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "lines",
        N_("Lines and channels"),
        acts=(
            KeyActionSpec("add_line", ["a"], N_("Add a line"), N_("add a line")),
            KeyActionSpec("rename_line", ["n"], N_("Rename the line")),
            KeyActionSpec("bind", ["b", "enter"], N_("Bind a channel to the line, or bind again"), N_("bind")),
            KeyActionSpec("check", ["c"], N_("Check receiving and sending"), N_("check")),
            KeyActionSpec("resume", ["r"], N_("Resume a paused channel")),
            KeyActionSpec("options", ["o"], N_("Options of the line or channel")),
            KeyActionSpec("company", ["O"], N_("Options of the whole company")),
            KeyActionSpec("proxies", ["p"], N_("Test the channel's proxies, or replace them")),
            KeyActionSpec("unbind", ["u"], N_("Unbind the channel"), N_("unbind")),
            KeyActionSpec("documents", ["d"], N_("Official documents: applications that a provider wants first")),
            KeyActionSpec("group", ["m"], N_("Create a group in the messenger")),
            KeyActionSpec("chats", ["f"], N_("Groups and channels that the account reads")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "crm",
        N_("CRMs"),
        acts=(
            KeyActionSpec("link", ["a"], N_("Link a CRM"), N_("link one")),
            KeyActionSpec("attach", ["b"], N_("Pair a channel with the CRM"), N_("pair")),
            KeyActionSpec("down", ["j"], N_("Down")),
            KeyActionSpec("up", ["k"], N_("Up")),
            KeyActionSpec("open", ["enter", "o"], N_("Link again, or the options of the pairing"), N_("options")),
            KeyActionSpec("renew", ["n"], N_("Link the CRM again"), N_("link again")),
            KeyActionSpec("check", ["c"], N_("Check the link"), N_("check")),
            KeyActionSpec("resume", ["r"], N_("Try the link again now"), N_("try now")),
            KeyActionSpec(
                "catch_up", ["m"], N_("Look for what was written there and did not reach us"), N_("catch up")
            ),
            KeyActionSpec("retry", ["s"], N_("Tell the CRM the entry again"), N_("again")),
            KeyActionSpec("drop", ["d"], N_("Give up the entry"), N_("give up")),
            KeyActionSpec("detach", ["u"], N_("End the pairing"), N_("end")),
            KeyActionSpec(
                "mend", ["f"], N_("Mend the settings of the place that double or lose cards"), N_("mend the place")
            ),
            KeyActionSpec("history", ["i"], N_("Show there what was written before the pairing"), N_("the past")),
            KeyActionSpec("rules", ["p"], N_("Rules: in which pipeline cards are made"), N_("rules")),
            KeyActionSpec("robots", ["t"], N_("Robots of this desk in the CRM's automations"), N_("robots")),
            KeyActionSpec("runs", ["h"], N_("What robots did: for whom, how it ended and why"), N_("runs")),
            KeyActionSpec("people", ["e"], N_("Who is who: employees of the CRM and operators"), N_("people")),
            KeyActionSpec("letter", ["w"], N_("Letter to the support of the CRM"), N_("letter")),
            KeyActionSpec("unlink", ["x"], N_("Remove the link"), N_("remove")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "crm_rules",
        N_("Rules of a CRM"),
        acts=(
            KeyActionSpec("test", ["t", "enter"], N_("Try a message: which rule it takes, and why"), N_("try")),
            KeyActionSpec("add", ["a"], N_("Make a rule"), N_("new rule")),
            KeyActionSpec("edit", ["e"], N_("Change the rule"), N_("change")),
            KeyActionSpec("earlier", ["K", "shift+up"], N_("Ask the rule earlier"), N_("earlier")),
            KeyActionSpec("later", ["J", "shift+down"], N_("Ask the rule later"), N_("later")),
            KeyActionSpec("remove", ["x"], N_("Remove the rule"), N_("remove")),
            KeyActionSpec("down", ["j"], N_("Down")),
            KeyActionSpec("up", ["k"], N_("Up")),
            KeyActionSpec("back", ["escape"], N_("Back to the CRMs"), N_("back")),
        ),
    ),
    KeyScope(
        "crm_runs",
        N_("What robots did"),
        acts=(
            KeyActionSpec("retry", ["s"], N_("Do it again for those for whom it was not done"), N_("again")),
            KeyActionSpec("down", ["j"], N_("Down")),
            KeyActionSpec("up", ["k"], N_("Up")),
            KeyActionSpec("back", ["escape"], N_("Back to the CRMs"), N_("back")),
        ),
    ),
    KeyScope(
        "troubles",
        N_("What needs a person"),
        acts=(
            KeyActionSpec("open", ["enter", "o"], N_("Open the dialog"), N_("open")),
            KeyActionSpec("retry", ["s"], N_("Send again, or read the dead letter again"), N_("again")),
            KeyActionSpec("raw", ["v"], N_("Show how the dead letter came"), N_("how it came")),
            KeyActionSpec("forget", ["d"], N_("Delete the dead letter"), N_("delete")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "find",
        N_("Search in messages"),
        acts=(
            KeyActionSpec("open", ["enter"], N_("Open the dialog where it was said"), N_("open")),
            KeyActionSpec("results", ["down"], N_("From the box to what is found"), N_("to the messages")),
            KeyActionSpec("box", ["/", "ctrl+f"], N_("To the box")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "begin",
        N_("A new dialog"),
        acts=(
            KeyActionSpec("begin", ["f8", "ctrl+enter"], N_("Send it, and open the dialog"), N_("begin")),
            KeyActionSpec("open", ["f10"], N_("Open the existing dialog")),
            KeyActionSpec(
                "contacts", ["f6"], N_("Import a contact from the account's own address book"), N_("contact")
            ),
            KeyActionSpec("template", ["f12", "ctrl+t"], N_("Choose an approved template"), N_("template")),
            KeyActionSpec("back", ["escape"], N_("Leave; asks first if something was typed"), N_("back")),
        ),
    ),
    KeyScope(
        "people",
        N_("Who is reachable where"),
        acts=(
            KeyActionSpec("write", ["enter"], N_("Look for them; then write"), N_("look, write")),
            KeyActionSpec("box", ["/", "ctrl+f"], N_("To the box")),
            KeyActionSpec("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    KeyScope(
        "chats",
        N_("Chats of an account"),
        acts=(
            KeyActionSpec("follow", ["enter", "f"], N_("Follow: its messages arrive"), N_("follow")),
            KeyActionSpec("join", ["a"], N_("Follow one by its name or link"), N_("another")),
            KeyActionSpec("unfollow", ["x"], N_("Follow no longer"), N_("stop")),
            KeyActionSpec("read_back", ["b"], N_("Import earlier messages"), N_("read back")),
            KeyActionSpec("back", ["escape"], N_("Back to the lines"), N_("back")),
        ),
    ),
    KeyScope(
        "applications",
        N_("Official documents"),
        acts=(
            KeyActionSpec("new", ["a"], N_("A new application"), N_("new")),
            KeyActionSpec("save", ["S", "enter"], N_("Save the statement, to sign and send it"), N_("save")),
            KeyActionSpec("sent", ["s"], N_("The statement was sent"), N_("sent")),
            KeyActionSpec("decide", ["v"], N_("What the provider answered"), N_("verdict")),
            KeyActionSpec("back", ["escape"], N_("Back to the lines"), N_("back")),
        ),
    ),
    KeyScope(
        "bind",
        N_("While binding a channel"),
        inside="",
        acts=(
            KeyActionSpec("next_field", ["tab", "enter"], N_("The next field"), N_("next field")),
            KeyActionSpec("submit", ["f8"], N_("Continue, or save"), N_("continue")),
            KeyActionSpec("leave", ["escape"], N_("Cancel; nothing is saved"), N_("stop")),
        ),
    ),
)
