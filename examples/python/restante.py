#!/usr/bin/env python3
"""A client of Restante in one file, on the standard library and Debian's python3-websockets.

Written from docs/PROTOCOL.md; the rules that a part keeps stand beside it. As a library:

    async with Mailbox("http://localhost:8787", "alice", "alice.db") as mailbox:
        mailbox.send("bob", "hello")
        async for event in mailbox:
            print(event)

As a program: python3 restante.py --help
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import sqlite3
import sys
from urllib.parse import quote, urlencode

import websockets

FINAL = {1009, 4400, 4401, 4403, 4406, 4409}  # [C1] Trying again would only fail again.
QUIET, SILENCE = 20, 8  # Seconds without a text until we ask, and until we give up: a half-open socket is noticed.
SCHEMA = """
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), device TEXT, epoch TEXT, cursor INTEGER);
CREATE TABLE IF NOT EXISTS draft (n INTEGER PRIMARY KEY, receiver TEXT, body TEXT, id INTEGER);
CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY, sender TEXT, receiver TEXT, at INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS high (sender TEXT PRIMARY KEY, origin INTEGER);
"""


class Stopped(Exception):
    """The server closed the connection for good."""


class Mailbox:
    """One device of a user. What it was shown, its cursor and what waits to be sent are in one SQLite file, together."""

    def __init__(self, url, user, path=":memory:", token=None):
        self.url, self.user, self.token = url.rstrip("/").replace("http", "ws", 1), user, token
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(SCHEMA)
        self.db.execute("INSERT OR IGNORE INTO place VALUES (1, ?, NULL, NULL)", (secrets.token_hex(12),))
        self.events = asyncio.Queue()
        self.socket, self.task, self.tries = None, None, 0
        self.next_id, self.limits = 1, {"frames": 1, "textBytes": 0}
        self.under_way = set()  # Ids of the text that has no answers yet.

    async def __aenter__(self):
        self.task = asyncio.create_task(self.run())
        self.task.add_done_callback(lambda _: self.events.put_nowait(None))
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.db.close()

    async def __aiter__(self):
        """The events: dicts with a "type", frames of the protocol or "connection"."""
        while (event := await self.events.get()) is not None:
            yield event
        if not self.task.cancelled() and self.task.exception():
            raise self.task.exception()

    def send(self, to, body):
        """Sends when it can, once, in order: it is on the disk when this returns."""
        self.db.execute("INSERT INTO draft (receiver, body) VALUES (?, ?)", (to, json.dumps(body)))
        self.flush()

    def read(self, peer, seq):
        """The conversation with `peer` is read up to `seq` [E3]."""
        self.say({"type": "read", "peer": peer, "seq": seq})

    async def run(self):
        while True:
            reason = "it ended"
            try:
                await self.connect()
            except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
                reason = str(error) or "no answer"
            self.socket = None
            self.tries += 1
            pause = random.uniform(0.5, min(20, 0.5 * 2**self.tries))  # Full jitter.
            self.events.put_nowait({"type": "connection", "open": False, "reason": reason, "pause": pause})
            self.under_way = set()
            await asyncio.sleep(pause)

    async def connect(self):
        device, epoch, cursor = self.db.execute("SELECT device, epoch, cursor FROM place").fetchone()
        query = {"device": device, "epoch": epoch, "cursor": cursor}  # [D3] [R1]
        query = urlencode({name: value for name, value in query.items() if value is not None})
        address = f"{self.url}/client/{quote(self.user, safe='')}?{query}"
        # [F3] The server keeps its texts below textBytes. Pings are the protocol's own [F6], which wake nobody.
        offered = ["restante.v1"] + ([f"bearer.{self.token}"] if self.token else [])  # [A2]
        options = {"subprotocols": offered, "max_size": 2**20, "ping_interval": None, "open_timeout": SILENCE}
        async with websockets.connect(address, **options) as socket:
            self.socket = socket
            while True:
                text = await self.text()
                if text == "pong":
                    continue
                value = json.loads(text)  # [F1] One frame, or an array of frames.
                self.db.execute("BEGIN")
                shown, closing = self.take(value if isinstance(value, list) else [value])
                self.db.execute("COMMIT")
                for event in shown:  # Kept first, then shown.
                    self.events.put_nowait(event)
                if closing:  # [C1] Always the last frame; nothing more is heard on this socket.
                    if closing["code"] in FINAL:
                        raise Stopped(closing["message"])
                    await asyncio.sleep(closing.get("retryAfter", 0) / 1000)
                    raise OSError(closing["message"])
                self.acknowledge()
                self.flush()

    async def text(self):
        try:
            return await asyncio.wait_for(self.socket.recv(), QUIET)
        except asyncio.TimeoutError:
            self.post("ping")
            return await asyncio.wait_for(self.socket.recv(), SILENCE)

    def take(self, frames):
        """Acts on the frames of one text, inside a transaction. Returns what is to be shown, and `closing` if it came."""
        shown = []
        for frame in frames:
            kind, seq = frame.get("type"), frame.get("seq")
            if kind == "gap":  # [R2] The one frame that may set the cursor back.
                self.db.execute("UPDATE place SET cursor = ?", (seq,))
            elif seq is not None:  # [L2] Every log frame moves the cursor, known or not; what is not above it was shown.
                changed = self.db.execute("UPDATE place SET cursor = ?1 WHERE ifnull(cursor, 0) < ?1", (seq,))
                if changed.rowcount == 0:
                    continue
            if kind == "closing":
                return shown, frame
            if self.act(kind, frame):
                shown.append(frame)
        return shown, None

    def act(self, kind, frame):
        """Acts on one frame. True if it is to be shown; of an unknown type it is not [F2]."""
        if kind == "welcome":
            return self.begin(frame)
        if kind == "message":
            return self.message(frame)
        if kind == "accepted":
            return self.answered(frame["id"])
        if kind == "refused":
            return self.refused(frame)
        return kind in ("gap", "mark", "failed", "typing", "presence")

    def begin(self, frame):
        epoch = self.db.execute("SELECT epoch FROM place").fetchone()[0]
        if epoch != frame["epoch"]:  # Another life of the mailbox: its numbers begin anew, and so do ids.
            self.db.execute("UPDATE place SET epoch = ?, cursor = ?", (frame["epoch"], None if epoch is None else 0))
            self.db.execute("UPDATE draft SET id = NULL")
        # [S10] What the mailbox took keeps its id and is answered again; everything else gets the next ones.
        self.db.execute("UPDATE draft SET id = NULL WHERE id > ?", (frame["lastId"],))
        self.next_id, self.limits, self.under_way, self.tries = frame["lastId"] + 1, frame["limits"], set(), 0
        self.events.put_nowait({"type": "connection", "open": True, "user": frame["user"]})
        return False

    def message(self, frame):
        if "origin" in frame:  # [L4] Sent again, because the mailbox was set back: one sender's origins only grow.
            high = self.db.execute("SELECT origin FROM high WHERE sender = ?", (frame["from"],)).fetchone()
            if high and frame["origin"] <= high[0]:
                return False
            self.db.execute("INSERT OR REPLACE INTO high VALUES (?, ?)", (frame["from"], frame["origin"]))
        if "body" not in frame:  # [L3] Our own, on the socket that sent it.
            mine = self.db.execute("SELECT body FROM draft WHERE id = ?", (frame["id"],)).fetchone()
            frame["body"] = json.loads(mine[0]) if mine else None
        row = (frame["seq"], frame["from"], frame["to"], frame["at"], json.dumps(frame["body"]))
        self.db.execute("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", row)
        return True

    def answered(self, number):
        self.under_way.discard(number)
        return self.db.execute("DELETE FROM draft WHERE id = ?", (number,)).rowcount > 0

    def refused(self, frame):
        """[S4] The id is free again: those behind it were refused as out of order, and all of them are numbered anew."""
        number = frame["id"]
        self.under_way.discard(number)
        self.next_id = min(self.next_id, number)
        again = frame["code"] in ("out_of_order", "id_reused") or "retryAfter" in frame
        if not again:
            return self.answered(number)
        self.db.execute("UPDATE draft SET id = NULL WHERE id = ?", (number,))
        if "retryAfter" in frame:
            self.under_way.add(None)  # Nothing leaves until then.
            asyncio.get_running_loop().call_later(frame["retryAfter"] / 1000, self.resume)
        return False

    def resume(self):
        self.under_way.discard(None)
        self.flush()

    def acknowledge(self):
        """[W2] What is kept, after each text."""
        cursor = self.db.execute("SELECT cursor FROM place").fetchone()[0]
        if cursor is not None:
            self.say({"type": "ack", "seq": cursor})

    def flush(self):
        """Everything that waits, as one text within the limits; one text at a time. An id is on the disk before it leaves."""
        if self.socket is None or self.under_way or self.limits["textBytes"] == 0:
            return
        frames, size = [], 2
        self.db.execute("BEGIN")
        rows = self.db.execute("SELECT n, receiver, body, id FROM draft ORDER BY n").fetchmany(self.limits["frames"])
        for n, receiver, body, number in rows:
            if number is None:
                number = self.next_id
            frame = f'{{"type":"send","id":{number},"to":{json.dumps(receiver)},"body":{body}}}'
            size += len(frame) + 1
            if frames and size > self.limits["textBytes"]:
                break
            self.next_id = max(self.next_id, number + 1)
            self.db.execute("UPDATE draft SET id = ? WHERE n = ?", (number, n))
            self.under_way.add(number)
            frames.append(frame)
        self.db.execute("COMMIT")
        if frames:
            self.post(f"[{','.join(frames)}]")

    def say(self, frame):
        self.post(json.dumps(frame))

    def post(self, text):
        if self.socket is not None:
            sending = asyncio.ensure_future(self.socket.send(text))
            sending.add_done_callback(lambda done: done.cancelled() or done.exception())  # The reader hears of it.


HELP = """Each line "bob: hello" is sent to bob; "/to bob" makes him the receiver of every following line.
What arrives is printed as "<time> bob: hello". Everything is kept in the state file: start it again with the same
one, and it goes on where it was, with what had not been sent."""


def show(event, user):
    kind = event["type"]
    if kind == "connection":
        return f"* connected as {event['user']}" if event["open"] else f"* no connection ({event['reason']}), next try in {event['pause']:.1f} s"
    if kind == "message":
        who = event["from"] if event["from"] != user else f"to {event['to']}"
        return f"{who}: {event['body'] if isinstance(event['body'], str) else json.dumps(event['body'])}"
    if kind == "accepted":
        return f"* {event['state']}"
    if kind in ("refused", "failed"):
        return f"* not sent: {event['message']}"
    if kind == "gap":
        return "* some messages are no longer kept"
    if kind == "mark":
        steps = [f"{step} up to {event[step]}" for step in ("delivered", "read") if step in event]
        return f"* {event['peer']}: {', '.join(steps)}" if steps else None
    return None


async def lines():
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace").strip()


async def typed(mailbox, receiver):
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


async def main(options):
    async with Mailbox(options.url, options.user, options.state or f"{options.user}.db", options.token) as mailbox:
        typing = asyncio.create_task(typed(mailbox, options.to))
        async for event in mailbox:
            if event["type"] == "connection" and event["open"]:
                options.user = event["user"]
            if text := show(event, options.user):
                print(text, flush=True)
        typing.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Chat over Restante.", epilog=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("user", help="your userName")
    parser.add_argument("--to", help="the receiver of every line", default="")
    parser.add_argument("--url", help="the server (default: %(default)s)", default="http://localhost:8787")
    parser.add_argument("--token", help="where the server asks who you are (default: $RESTANTE_TOKEN)", default=os.environ.get("RESTANTE_TOKEN"))
    parser.add_argument("--state", metavar="FILE", help="what is kept between two runs (default: USER.db)")
    sys.stdout.reconfigure(errors="replace")  # A body may have a lone surrogate.
    try:
        asyncio.run(main(parser.parse_args()))
    except Stopped as reason:
        sys.exit(f"The server closed the mailbox: {reason}")
    except (KeyboardInterrupt, BrokenPipeError):
        pass
