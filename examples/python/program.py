"""The program around restante.py: a chat in a terminal, and the adapter of the conformance runner."""

import argparse
import asyncio
import json
import os
import sys

from restante import Mailbox

HELP = """Each line "bob: hello" is sent to bob; "/to bob" makes him the receiver of every following line.
What arrives is printed as "bob: hello". Everything is kept in the state file: start it again with the same one, and it
continues where it was, with what had not been sent."""


def sentence(event, user):
    """An event in words; None if it is not worth a line."""
    kind = event["type"]
    if kind == "connection":
        return {
            "open": lambda: f"* connected as {event['user']}",
            "waiting": lambda: f"* no connection ({event['reason']}), next try in {event['pause']:.1f} s",
        }.get(event["state"], lambda: None)()
    if kind == "message":
        who = event["from"] if event["from"] != user else f"to {event['to']}"
        return f"{who}: {event['body'] if isinstance(event['body'], str) else json.dumps(event['body'])}"
    if kind == "accepted":
        return f"* {event['state']}"
    if kind == "failed":
        return f"* not sent: {event['message']}"
    if kind == "gap":
        return "* some messages are no longer kept"
    if kind == "mark":
        steps = [f"{step} up to {event[step]}" for step in ("delivered", "read") if step in event]
        return f"* {event['peer']}: {', '.join(steps)}" if steps else None
    return None


async def lines():
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=2**22)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace").strip()


async def type_messages(mailbox, receiver):
    async for line in lines():
        to, colon, text = line.partition(":")
        if line.startswith("/to "):
            receiver = line[4:].strip()
        elif receiver and line:
            mailbox.send(receiver, line)
        elif colon and text.strip():
            mailbox.send(to.strip(), text.strip())
        elif line:
            print('* to whom? "bob: hello", or "/to bob" first', flush=True)


async def chat(options):
    user = options.user

    def show(event):
        nonlocal user
        user = event.get("user", user) if event["type"] == "connection" else user
        if text := sentence(event, user):
            print(text, flush=True)

    mailbox = Mailbox(options.url, user, options.state or f"{user}.sqlite", options.token, show=show)
    mailbox.start()
    typing = asyncio.create_task(type_messages(mailbox, options.to))
    await mailbox.task
    typing.cancel()
    sys.exit(f"The server closed the mailbox: {mailbox.reason}")


# The adapter of the conformance runner (docs/CONFORMANCE.md): commands and events as lines of JSON.


def print_event(event):
    kind = event["type"]
    if kind == "connection":
        event = {"type": event["state"], **({"code": event["code"]} if "code" in event else {})}
    print(json.dumps({"is": event.pop("type"), **event}), flush=True)


async def conformance():
    mailbox = None
    print_event({"type": "ready", "name": "restante.py"})
    async for line in lines():
        command = json.loads(line)
        verb = command.pop("do")
        if verb == "open":
            url, user, device, token = (command.get(name) for name in ("url", "user", "device", "token"))
            mailbox = Mailbox(url, user, os.path.join(command["state"], "journal"), token, device, print_event)
            mailbox.start()
        elif verb == "send":
            print_event({"type": "kept", "key": mailbox.send(command["to"], command["body"], command["key"])})
        elif verb == "close":
            return await mailbox.close()
        elif verb in ("read", "watch", "check"):
            getattr(mailbox, verb)(**command)
        elif verb == "token":
            mailbox.renew(command["token"])
        else:
            print_event({"type": "unsupported", "do": verb})


def main():
    parser = argparse.ArgumentParser(description="Chat over Restante.", epilog=HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("user", nargs="?", help="your userName")
    parser.add_argument("--to", help="the receiver of every line", default="")
    parser.add_argument("--url", help="the server (default: %(default)s)", default="http://localhost:8787")
    parser.add_argument("--token", help="where the server asks who you are (default: $RESTANTE_TOKEN)",
                        default=os.environ.get("RESTANTE_TOKEN"))
    parser.add_argument("--state", metavar="FILE", help="what is kept between two runs (default: USER.sqlite)")
    parser.add_argument("--conformance", action="store_true", help="take commands of the conformance runner")
    arguments = parser.parse_args()
    if arguments.user is None and not arguments.conformance:
        parser.error("a userName is needed")
    sys.stdout.reconfigure(errors="replace")  # A body may have a lone surrogate.
    try:
        asyncio.run(conformance() if arguments.conformance else chat(arguments))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
