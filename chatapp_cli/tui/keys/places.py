"""Every action of the window: its keys, where it works, and what the help says.

Letters also work in the Russian layout, by the key they lie on. ``g l`` means one key after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatapp_cli.i18n import N_


class Act(NamedTuple):
    """What a key does in a place."""

    name: str
    keys: Sequence[str]
    help: str
    hint: str = ""


class Place(NamedTuple):
    """Where keys work, and the place around it, whose keys work here too."""

    scope: str
    title: str
    acts: Sequence[Act]
    inside: str = "app"


PLACES: Final = (
    Place(
        "app",
        N_("Everywhere"),
        inside="",
        acts=(
            Act("help", ["?", "f1"], N_("Show all keys"), N_("help")),
            Act("palette", [":", "ctrl+p"], N_("All actions here, found by a few letters"), N_("commands")),
            Act("page('lines')", ["f2", "g l"], N_("Lines and channels: health, bind, check"), N_("lines")),
            Act(
                "page('troubles')", ["f3", "g n"], N_("What needs a person: failed, uncertain, waiting, not understood")
            ),
            Act("page('people')", ["f4", "g p"], N_("Who is reachable where: find somebody")),
            Act("page('begin')", ["D", "ctrl+n", "g d"], N_("A new dialog: write to somebody first")),
            Act("page('replies')", ["f5", "g r"], N_("Quick replies: sections, answers, who may edit")),
            Act("page('find')", ["f7", "g f"], N_("Search in messages, by words in any form")),
            Act("page('operators')", ["g o"], N_("Operators: who may log in, and which lines they see")),
            Act("theme", ["f9", "g t"], N_("Other colours: dark, light, high contrast, none")),
            Act("mute", ["g b"], N_("Mute sound and notices for an hour, or unmute")),
            Act("leave", ["q", "ctrl+q"], N_("Leave"), N_("leave")),
        ),
    ),
    Place(
        "inbox",
        N_("Dialogs"),
        acts=(
            Act("search", ["/", "f", "ctrl+f"], N_("Search by name, phone or e-mail"), N_("search")),
            Act("everything", ["1"], N_("All dialogs: drop every filter")),
            Act("unread", ["2"], N_("Only unread")),
            Act("unanswered", ["3"], N_("Only unanswered, the longest waiting first")),
            Act("by_line", ["4"], N_("The next line")),
            Act("by_channel", ["5"], N_("The next channel")),
            Act("by_tag", ["6"], N_("The next tag")),
            Act("blacklist", ["7"], N_("The blacklist")),
            Act("by_assignee", ["8"], N_("Mine, nobody's, the next operator's")),
            Act("snoozed", ["9"], N_("Snoozed")),
            Act("filter", ["0"], N_("All filters on one page, dates too")),
            Act("views", ["g v"], N_("Saved views: open, save this filter, move, delete")),
            Act("next_view", [">"], N_("The next saved view")),
            Act("previous_view", ["<"], N_("The saved view before")),
            Act("look_within", ["'", "g /"], N_("Look for words in the open conversation, all of it")),
            Act("hit(1)", [";"], N_("The next message in which they are")),
            Act("hit(-1)", [","], N_("The message before in which they are")),
            Act("deed('claim')", ["I"], N_("Take it: I answer")),
            Act("deed('assign')", ["A"], N_("Who answers")),
            Act("deed('no_answer')", ["E"], N_("No answer is needed")),
            Act("deed('snooze')", ["Z"], N_("Snooze until a time")),
            Act("deed('member')", ["M"], N_("Members: who else looks at it")),
            Act("deed('note')", ["N"], N_("A note for colleagues, with @mentions")),
            Act("undo", ["U"], N_("Undo the last action")),
            Act("deed('mark')", ["r"], N_("Mark as read, or unread")),
            Act("deed('peek')", ["g u"], N_("Mark as read only for me: neither the client nor colleagues see it")),
            Act("deed('pin')", ["p"], N_("Pin, or unpin")),
            Act("deed('block')", ["b"], N_("Put on the blacklist, or take off")),
            Act("deed('rename')", ["n"], N_("Rename")),
            Act("deed('chain')", ["C"], N_("The order in which the client's channels are tried")),
            Act("way", ["]", "f8"], N_("The client's next dialog; in a joint conversation: the one for the answer")),
            Act("join", ["J"], N_("All dialogs of a client as one conversation, or separately")),
            Act("deed('same')", ["="], N_("The suggested one is the same person")),
            Act("deed('not_same')", ["!"], N_("The suggested one is somebody else")),
            Act("deed('pick_same')", ["g ="], N_("Find another contact of the same person")),
            Act("deed('part')", ["g -"], N_("Separate people who are not the same after all")),
            Act("deed('tag')", ["t", "+"], N_("Add a tag")),
            Act("deed('untag')", ["u", "-"], N_("Remove a tag")),
            Act("deed('group')", ["m"], N_("A group: add and remove people, rename, delete")),
            Act("deed('template')", ["P", "ctrl+t"], N_("Send an approved template")),
            Act("quick", ["R", "ctrl+r"], N_("A quick reply into the text")),
            Act("card", ["i"], N_("Who is this: the client's card"), N_("client")),
            Act("menu", [".", "f10"], N_("What can be done here"), N_("menu")),
            Act("write", ["w", "space"], N_("Write"), N_("write")),
            Act("later", ["L", "ctrl+l"], N_("Send what is written at a later time")),
            Act("attach", ["a", "ctrl+o"], N_("Attach a file"), N_("attach")),
            Act("editor", ["g e", "ctrl+e"], N_("Write in your own editor")),
            Act("spelling", ["g w", "ctrl+s"], N_("Suggestions for the word under the cursor")),
            Act("detach", ["x", "ctrl+g"], N_("Remove the last file, or the quote")),
            Act("next_pane", ["tab"], N_("To the next pane")),
            Act("peek", ["Q"], N_("Read it without marking it as read")),
            Act("new_tab", ["T"], N_("Open it in a new tab")),
            Act("next_tab", ["}", "ctrl+pagedown"], N_("The next tab")),
            Act("previous_tab", ["{", "ctrl+pageup"], N_("The tab before")),
            Act("close_tab", ["X"], N_("Close the tab")),
            Act("previous_pane", ["shift+tab", "h"], N_("To the pane before")),
            Act("back", ["escape"], N_("Back to the list"), N_("back")),
        ),
    ),
    Place(
        "list",
        N_("In the list"),
        inside="inbox",
        acts=(
            Act("down", ["down", "j"], N_("Down")),
            Act("up", ["up", "k"], N_("Up")),
            Act("page_down", ["pagedown", "ctrl+d"], N_("A page down")),
            Act("page_up", ["pageup", "ctrl+u"], N_("A page up")),
            Act("first", ["home", "g g"], N_("To the first")),
            Act("last", ["end", "G"], N_("To the last")),
            Act("open", ["enter", "o", "l"], N_("Open the dialog"), N_("open")),
            Act("pick", ["V", "s"], N_("Choose several: add or remove this one")),
            Act("pick_range", ["S"], N_("Choose all from the last chosen one to here")),
            Act("pick_all", ["*"], N_("Choose all that are listed, or none")),
        ),
    ),
    Place(
        "transcript",
        N_("In the conversation"),
        inside="inbox",
        acts=(
            Act("down", ["down", "j"], N_("The next message")),
            Act("up", ["up", "k"], N_("The message before")),
            Act("page_down", ["pagedown", "ctrl+d"], N_("A page down")),
            Act("page_up", ["pageup", "ctrl+u"], N_("A page up")),
            Act("first", ["home", "g g"], N_("To the earliest that is loaded")),
            Act("last", ["end", "G"], N_("To the latest")),
            Act("message('reply')", ["enter"], N_("Answer this message with a quote"), N_("answer")),
            Act("message('edit')", ["e"], N_("Edit")),
            Act("message('delete')", ["d"], N_("Delete for everybody")),
            Act("message('react')", ["v"], N_("React")),
            Act("message('retry')", ["s"], N_("Send again")),
            Act("message('cancel')", ["z"], N_("Take back before it goes")),
            Act("message('resolve')", ["c"], N_("Record what became of an uncertain one")),
            Act("message('save')", ["S"], N_("Save the file")),
            Act("message('show')", ["O"], N_("Open the file")),
            Act("message('look')", ["l"], N_("Look at the picture, as large as the window")),
            Act("message('transcribe')", ["K"], N_("Transcribe")),
            Act("message('follow')", ["o"], N_("Open a link, write to an address or a number in it")),
            Act("message('forward')", ["F"], N_("Forward, with those chosen, to another dialog")),
            Act("pick", ["V"], N_("Choose several: add or remove this one")),
            Act("message('history')", ["H"], N_("What it said before it was edited")),
            Act("message('retime')", ["W"], N_("Reschedule a message, or send it now")),
            Act("message('copy')", ["y"], N_("Copy the text")),
        ),
    ),
    Place(
        "picture",
        N_("Looking at a picture"),
        inside="",
        acts=(
            Act("step(-1)", ["left", "h", "k"], N_("The picture before")),
            Act("step(1)", ["right", "l", "j"], N_("The next picture")),
            Act("back", ["escape", "q"], N_("Back to the conversation")),
        ),
    ),
    Place(
        "composer",
        N_("While writing"),
        inside="inbox",
        acts=(
            Act("send", ["enter"], N_("Send"), N_("send")),
            Act("newline", ["ctrl+j", "shift+enter", "\\ enter"], N_("A new line")),
            Act("quick", ["/"], N_("In an empty text: a quick reply")),
            Act("recall", ["ctrl+z", "up z"], N_("In an empty text: cancel a message not sent yet")),
        ),
    ),
    Place(
        "quick",
        N_("Choosing a quick reply"),
        inside="",
        acts=(
            Act("pick", ["enter", "tab"], N_("Take it into the text; missing values are asked first")),
            Act("next", ["down"], N_("The next one")),
            Act("previous", ["up"], N_("The one before")),
        ),
    ),
    Place(
        "replies",
        N_("Quick replies"),
        acts=(
            Act("add", ["a"], N_("Add a quick reply to the section"), N_("add")),
            Act("edit", ["enter", "e"], N_("Change the reply, or the section's name"), N_("change")),
            Act("attach", ["f"], N_("A file of the reply")),
            Act("remove", ["d"], N_("Remove the reply, or the section"), N_("remove")),
            Act("add_section", ["s"], N_("Add a section"), N_("section")),
            Act("invite", ["v"], N_("Invite somebody to edit the section"), N_("invite")),
            Act("uninvite", ["u"], N_("Take back an invitation")),
            Act("export", ["x"], N_("Write all into a file")),
            Act("take_over", ["i"], N_("Import from a file")),
            Act("box", ["/", "ctrl+f"], N_("Search the replies")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "operators",
        N_("Operators"),
        acts=(
            Act("add", ["a"], N_("Add an operator"), N_("add")),
            Act("lines", ["enter", "l"], N_("The lines that they see"), N_("lines")),
            Act("rights", ["r"], N_("Rights besides answering"), N_("rights")),
            Act("password", ["p"], N_("Set a password; logins with the old one end"), N_("password")),
            Act("disable", ["d"], N_("Disable, or enable"), N_("enable, disable")),
            Act("remove", ["x"], N_("Delete the account"), N_("delete")),
            Act("undo", ["U"], N_("Undo the last action")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "lines",
        N_("Lines and channels"),
        acts=(
            Act("add_line", ["a"], N_("Add a line"), N_("add a line")),
            Act("rename_line", ["n"], N_("Rename the line")),
            Act("bind", ["b", "enter"], N_("Bind a channel to the line, or bind again"), N_("bind")),
            Act("check", ["c"], N_("Check receiving and sending"), N_("check")),
            Act("resume", ["r"], N_("Resume a paused channel")),
            Act("options", ["o"], N_("Options of the line or channel")),
            Act("company", ["O"], N_("Options of the whole company")),
            Act("proxies", ["p"], N_("Test the channel's proxies, or replace them")),
            Act("unbind", ["u"], N_("Unbind the channel"), N_("unbind")),
            Act("documents", ["d"], N_("Official documents: applications that a provider wants first")),
            Act("group", ["m"], N_("Create a group in the messenger")),
            Act("chats", ["f"], N_("Groups and channels that the account reads")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "troubles",
        N_("What needs a person"),
        acts=(
            Act("open", ["enter", "o"], N_("Open the dialog"), N_("open")),
            Act("retry", ["s"], N_("Send again, or read the dead letter again"), N_("again")),
            Act("forget", ["d"], N_("Delete the dead letter"), N_("delete")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "find",
        N_("Search in messages"),
        acts=(
            Act("open", ["enter"], N_("Open the dialog where it was said"), N_("open")),
            Act("results", ["down"], N_("From the box to what is found"), N_("to the messages")),
            Act("box", ["/", "ctrl+f"], N_("To the box")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "begin",
        N_("A new dialog"),
        acts=(
            Act("begin", ["f8", "ctrl+enter"], N_("Send it, and open the dialog"), N_("begin")),
            Act("open", ["f10"], N_("Open the existing dialog")),
            Act("contacts", ["f6"], N_("Import a contact from the account's own address book"), N_("contact")),
            Act("template", ["f12", "ctrl+t"], N_("Choose an approved template"), N_("template")),
            Act("back", ["escape"], N_("Leave; asks first if something was typed"), N_("back")),
        ),
    ),
    Place(
        "people",
        N_("Who is reachable where"),
        acts=(
            Act("write", ["enter"], N_("Look for them; then write"), N_("look, write")),
            Act("box", ["/", "ctrl+f"], N_("To the box")),
            Act("back", ["escape"], N_("Back to the dialogs"), N_("back")),
        ),
    ),
    Place(
        "chats",
        N_("Chats of an account"),
        acts=(
            Act("follow", ["enter", "f"], N_("Follow: its messages arrive"), N_("follow")),
            Act("join", ["a"], N_("Follow one by its name or link"), N_("another")),
            Act("unfollow", ["x"], N_("Follow no longer"), N_("stop")),
            Act("read_back", ["b"], N_("Import earlier messages"), N_("read back")),
            Act("back", ["escape"], N_("Back to the lines"), N_("back")),
        ),
    ),
    Place(
        "applications",
        N_("Official documents"),
        acts=(
            Act("new", ["a"], N_("A new application"), N_("new")),
            Act("save", ["S", "enter"], N_("Save the statement, to sign and send it"), N_("save")),
            Act("sent", ["s"], N_("The statement was sent"), N_("sent")),
            Act("decide", ["v"], N_("What the provider answered"), N_("verdict")),
            Act("back", ["escape"], N_("Back to the lines"), N_("back")),
        ),
    ),
    Place(
        "bind",
        N_("While binding a channel"),
        inside="",
        acts=(
            Act("next_field", ["tab", "enter"], N_("The next field"), N_("next field")),
            Act("leave", ["escape"], N_("Cancel; nothing is saved"), N_("stop")),
        ),
    ),
)
