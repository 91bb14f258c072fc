#!/usr/bin/env python3
"""A client of Restante in one file, on the standard library and Debian's python3-websockets.

It keeps the rules of "What a client does" in docs/PROTOCOL.md; their numbers stand beside the code. As a library:

    mailbox = Mailbox("http://localhost:8787", "alice", "alice.sqlite", show=print)
    mailbox.start()  # In a running event loop.
    mailbox.send("bob", "hello")

As a program (program.py): python3 restante.py --help
"""

import asyncio
import json
import random
import secrets
import sqlite3
import time
import unicodedata
from urllib.parse import quote, urlencode

import websockets

FINAL = {1009, 4400, 4403, 4406, 4409, *range(4450, 4480)}  # [C2] [C3] The same attempt would only fail again.
UNAUTHORIZED, NO_VERSION, LOST = 4401, 4406, 1006
HTTP = {401: UNAUTHORIZED, 403: 4403, 400: 4400, 404: 4400, 426: 4400}  # [T13] Refused upgrades. Others are lost.
QUIET, ANSWER, PROBE, PONG = 20, 8, 3, 20  # [T11] Seconds: without a text, for a text, after a change, for a pong.
TICK, SLEPT, FEW_CHARACTERS = 1, 5, 20_000
SHARE, SHORTEST, LONGEST, STABLE = 1 / 4, 1, 20, 5  # [T12] The back-off; seconds.
NEVER = float("inf")
MARKS = ("stored", "delivered", "read", "mine")

# [T17] The fields that a frame needs, and those that it may have. With one of another type it is unknown.
FRAMES = {
    "welcome": {"user": str, "device": str, "epoch": str, "head": int, "lastId": int, "limits": dict},
    "gap": {"from": int, "seq": int},
    "message": {"seq": int, "from": str, "to": str, "at": int},
    "failed": {"seq": int, "of": int, "code": str, "message": str},
    "mark": {"peer": str},
    "accepted": {"id": int, "state": str},
    "refused": {"id": int, "code": str, "message": str},
    "typing": {"from": str},
    "presence": {"user": str, "online": bool},
    "error": {"code": str, "message": str},
    "closing": {"code": int, "message": str},
}
OPTIONAL = dict.fromkeys(["seq", "origin", "id", "entry", "retryAfter", *MARKS], int)

# [T2] The journal. `outbox` has the messages without an answer; `seq` says that the log has shown one of them.
JOURNAL = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), device TEXT, epoch TEXT, cursor INTEGER);
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, receiver TEXT, body TEXT,
    id INTEGER, seq INTEGER);
CREATE TABLE IF NOT EXISTS entry (epoch TEXT, seq INTEGER, sender TEXT, receiver TEXT, at INTEGER, body TEXT, key TEXT,
    PRIMARY KEY (epoch, seq));
CREATE TABLE IF NOT EXISTS author (name TEXT PRIMARY KEY, origin INTEGER);
CREATE TABLE IF NOT EXISTS reading (peer TEXT PRIMARY KEY, seq INTEGER);
CREATE TABLE IF NOT EXISTS mark (peer TEXT PRIMARY KEY, stored INTEGER, delivered INTEGER, read INTEGER, mine INTEGER);
"""
READING = "INSERT INTO reading VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)"


class Mailbox:
    """One device of a user. `show` gets every event, a dict with a "type", when what it says is on the disk."""

    def __init__(self, url, user, path=":memory:", token=None, device=None, show=print):
        self.url, self.user, self.token, self.show = url.rstrip("/").replace("http", "ws", 1), user, token, show
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(JOURNAL)
        self.db.execute("INSERT OR IGNORE INTO place VALUES (1, ?, NULL, NULL)", (device or secrets.token_hex(12),))
        self.task, self.socket, self.hurry, self.peers, self.shown = None, None, asyncio.Event(), None, []
        self.is_open, self.stopped, self.lost_at, self.leaving = False, None, None, set()
        self.instance, self.attempts = secrets.token_hex(8), 0
        self.welcome, self.last, self.refusals = None, 0, {}
        self.under_way, self.sent = set(), set()  # Ids without an answer; rows of the outbox that left here.
        self.paused_until, self.aside_until, self.batch = 0, {}, NEVER

    def start(self):
        """Connects, also after it was stopped."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.run())
            self.task.add_done_callback(lambda done: done.cancelled() or done.result())  # A fault is printed.

    def send(self, to, body, key=None):
        """Sends when it can, once, in order. It is on the disk when this returns; `key` names it in events."""
        row = (key or secrets.token_hex(8), to, json.dumps(body, allow_nan=False))
        self.db.execute("INSERT INTO outbox (key, receiver, body) VALUES (?, ?, ?)", row)
        self.flush()
        return row[0]

    def read(self, peer, seq):
        """The user has seen the conversation with `peer` up to `seq`. [T15] Said again until the mailbox has it."""
        self.sql(READING, canonical(peer), seq)
        self.say({"type": "read", "peer": peer, "seq": seq})

    def watch(self, peers):
        """The presence of these peers is shown from now on."""
        self.peers = peers
        self.say({"type": "watch", "peers": peers})

    def renew(self, token):
        """[T19] From now on this token. A mailbox that was stopped for want of one connects again."""
        self.token = token
        self.say({"type": "token", "token": token})
        if self.stopped == UNAUTHORIZED:
            self.start()

    def check(self):
        """The network may have changed: tries now, or asks whether the connection lives."""
        self.hurry.set()
        if self.is_open:
            self.ping(PROBE)

    async def close(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await asyncio.gather(*self.leaving, return_exceptions=True)
        self.db.close()

    # The connection

    async def run(self):
        self.stopped = None
        while True:
            self.show({"type": "connection", "state": "connecting"})
            token = self.token
            try:
                code, wait, reason = await self.connect()
            finally:
                self.leave()
            if code in FINAL or (code == UNAUTHORIZED and self.token == token):  # [T13] [T19] [T20]
                self.stopped, self.reason = code, reason
                return self.show({"type": "connection", "state": "stopped", "code": code, "reason": reason})
            now = time.monotonic()
            self.lost_at = self.lost_at or now
            most = min(max((now - self.lost_at) * SHARE, SHORTEST), LONGEST)
            pause = wait + random.uniform(0, most)  # [T12] Full jitter.
            self.show({"type": "connection", "state": "waiting", "reason": reason, "pause": pause})
            self.hurry.clear()
            try:
                await asyncio.wait_for(self.hurry.wait(), pause)
            except asyncio.TimeoutError:
                pass

    async def connect(self):
        """One connection, from the attempt to its end: the close code, the seconds that the server asks for, why."""
        self.attempts += 1
        self.text_by, self.pong_by = time.monotonic() + ANSWER, NEVER
        self.received_at = self.pinged_at = time.monotonic()
        self.has_sent, self.characters = False, 0
        device, epoch, cursor = self.sql("SELECT device, epoch, cursor FROM place")[0]
        query = {"device": device, "epoch": epoch, "cursor": cursor, "early": 1}  # [D3] [R1]
        query = {**query, "attempt": f"{self.instance}.{self.attempts}"}  # [R6]
        query = urlencode({name: value for name, value in query.items() if value is not None})
        address = f"{self.url}/client/{quote(self.user, safe='')}?{query}"
        offered = ["restante.v1"] + ([f"bearer.{self.token}"] if self.token else [])
        # [F3] The server keeps its texts below textBytes. Pings are the protocol's own [F6].
        options = {"max_size": 2**20, "ping_interval": None, "open_timeout": ANSWER, "close_timeout": 1}
        try:
            self.socket = await websockets.connect(address, subprotocols=offered, **options)
            if self.socket.subprotocol != "restante.v1":
                return NO_VERSION, 0, "the server speaks another protocol"
            ending, late = None, NEVER
            while ending is None and not self.is_dead(late):
                late = time.monotonic() + TICK + SLEPT
                try:
                    ending = self.receive(await asyncio.wait_for(self.socket.recv(), TICK))
                except asyncio.TimeoutError:
                    pass
            return ending or (LOST, 0, "no answer")
        except websockets.exceptions.ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else LOST, 0, str(error)
        except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
            status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", 0)
            return HTTP.get(status, LOST), 0, str(error) or "no answer"

    def is_dead(self, late):
        """[T11] Each second, and after each text."""
        now = time.monotonic()
        if now > self.text_by or (now > self.pong_by and self.characters < FEW_CHARACTERS):
            return True
        if self.is_open and now > late:
            self.ping(PROBE)
        elif self.is_open and now - self.received_at > QUIET and self.text_by == NEVER:
            self.ping(ANSWER)
        elif self.is_open and self.has_sent and now - self.pinged_at > QUIET and self.pong_by == NEVER:
            self.ping(NEVER)
            self.pong_by = now + PONG
        return False

    def ping(self, within):
        self.post("ping")
        self.pinged_at, self.has_sent, self.characters = time.monotonic(), False, 0
        self.text_by = min(self.text_by, self.pinged_at + within)

    def leave(self):
        """[T1] Closes the socket, and does not wait for it: nothing of it counts from now on."""
        if self.is_open and time.monotonic() - self.opened_at > STABLE:
            self.lost_at = None
        self.is_open = False
        if self.socket is not None:
            leaving = asyncio.ensure_future(self.socket.close())
            self.leaving.add(leaving)
            leaving.add_done_callback(self.leaving.discard)
        self.socket = None

    def sql(self, text, *values):
        return self.db.execute(text, values).fetchall()

    # What comes

    def receive(self, text):
        """Acts on one text. Returns how the connection ends, if this text ends it."""
        self.received_at, self.text_by, self.characters = time.monotonic(), NEVER, self.characters + len(text)
        if text == "pong":
            self.pong_by = NEVER
            return None
        before, ending, self.shown = self.cursor(), None, []
        try:
            value = json.loads(text)
        except ValueError:
            return None
        self.sql("BEGIN")  # [T2] Everything that a text changes, with the cursor.
        for frame in value if isinstance(value, list) else [value]:  # [F1]
            if not isinstance(frame, dict):
                continue
            if self.is_known(frame) and frame["type"] == "closing":  # [C1] Always the last frame.
                ending = (frame["code"], frame.get("retryAfter", 0) / 1000, frame["message"])
                break
            if self.moves(frame) and self.is_known(frame):
                getattr(self, f"on_{frame['type']}")(frame)
        self.sql("COMMIT")
        for event in self.shown:
            self.show(event)
        cursor = self.cursor()
        if ending is None and cursor != before:
            self.say({"type": "ack", "seq": cursor})  # [T18] What is in the journal, after each text.
        self.flush()
        return ending

    def is_known(self, frame):
        needed = FRAMES.get(str(frame.get("type")))
        fields = {name: kind for name, kind in OPTIONAL.items() if name in frame} | (needed or {})
        return needed is not None and all(isinstance(frame.get(name), kind) for name, kind in fields.items())

    def moves(self, frame):
        """[L2] Every log frame moves the cursor, known or not. False if it was seen before [T14]."""
        seq, cursor = frame.get("seq"), self.cursor()
        if not isinstance(seq, int) or (frame.get("type") == "gap" and seq != cursor):  # on_gap may set it back.
            return True
        if cursor is not None and seq <= cursor:
            return False
        self.sql("UPDATE place SET cursor = ?", seq)
        return True

    def cursor(self):
        return self.sql("SELECT cursor FROM place")[0][0]

    def on_welcome(self, frame):
        epoch = self.sql("SELECT epoch FROM place")[0][0]
        is_other = epoch is not None and epoch != frame["epoch"]
        # The log has shown it, and the mailbox does not have it any more: it is taken out, as [T4] allows.
        shown = "SELECT n, key, seq FROM outbox WHERE seq IS NOT NULL AND (id > ? OR ?)"
        for n, key, seq in self.sql(shown, frame["lastId"], is_other):
            self.sql("DELETE FROM outbox WHERE n = ?", n)
            self.shown.append({"type": "accepted", "key": key, "seq": seq, "state": "queued"})
        if is_other:  # [T8] Its numbers are others.
            self.sql("UPDATE place SET cursor = 0")
            self.sql("UPDATE outbox SET id = NULL")
            self.sql("DELETE FROM reading")
            self.sql("DELETE FROM mark")
        self.sql("UPDATE place SET epoch = ?", frame["epoch"])
        # [T3] What the mailbox took keeps its id, and is answered again; everything else gets the next ids.
        self.sql("UPDATE outbox SET id = NULL WHERE id > ?", frame["lastId"])
        self.welcome, self.last, self.refusals, self.under_way, self.sent = frame, frame["lastId"], {}, set(), set()
        self.is_open, self.opened_at = True, time.monotonic()
        self.shown.append({"type": "connection", "state": "open", "user": frame["user"]})
        self.say_again()

    def say_again(self):
        """[T15] [T16] What has no answer of its own."""
        for peer, seq in self.sql("SELECT peer, seq FROM reading"):
            self.say({"type": "read", "peer": peer, "seq": seq})
        if self.peers is not None:
            self.say({"type": "watch", "peers": self.peers})

    def on_gap(self, frame):
        """[T10] Also backwards. The same one may come again until it is acknowledged."""
        self.sql("UPDATE place SET cursor = ?", frame["seq"])
        self.shown.append(frame)

    def on_message(self, frame):
        seq, author, to, at, number = (frame.get(name) for name in ("seq", "from", "to", "at", "id"))
        body = json.dumps(frame.get("body"))
        if author != self.welcome["user"]:  # [T14] Authors send again what a restored mailbox has lost.
            high = self.sql("SELECT max(origin) FROM author WHERE name = ?", author)[0][0]
            if frame.get("origin", 0) > (high or 0):
                self.sql("INSERT OR REPLACE INTO author VALUES (?, ?)", author, frame["origin"])
                self.keep(seq, author, to, at, body)
            return
        is_ours = frame.get("device") == self.welcome["device"] and number is not None
        if is_ours and (number > self.welcome["lastId"]) == (seq > self.welcome["head"]):
            for n, key, receiver, sent in self.sql("SELECT n, key, receiver, body FROM outbox WHERE id = ?", number):
                if canonical(receiver) == to:  # [T4] It is accepted; the answer may still be on its way.
                    self.sql("UPDATE outbox SET seq = ? WHERE n = ?", seq, n)
                    self.accept(number)
                    return self.keep(seq, author, to, at, sent, key)
        if "body" in frame:
            self.keep(seq, author, to, at, body)

    def on_accepted(self, frame):
        rows = self.sql("SELECT n, key, receiver, body, seq FROM outbox WHERE id = ?", frame["id"])
        for n, key, receiver, body, seq in rows:
            self.sql("DELETE FROM outbox WHERE n = ?", n)
            self.accept(frame["id"])
            seq = frame.get("entry", seq)
            if seq is not None:  # [T4] The log may not have shown it yet, and will not repeat the text.
                self.keep(seq, self.welcome["user"], canonical(receiver), frame.get("at"), body, key)
            self.shown.append({"type": "accepted", "key": key, "seq": seq, "state": frame["state"]})

    def accept(self, number):
        self.last = max(self.last, number)
        self.under_way.discard(number)

    def on_refused(self, frame):
        """[T5] [T6] The id is free, or belongs to another message; what the code means for this one."""
        number, code, wait = frame["id"], frame["code"], frame.get("retryAfter")
        self.under_way.discard(number)
        self.refusals[number] = code
        for n, key, receiver in self.sql("SELECT n, key, receiver FROM outbox WHERE id = ?", number):
            self.sql("UPDATE outbox SET id = NULL WHERE n = ?", n)
            self.sent.discard(n)
            if code in ("out_of_order", "id_reused"):
                continue
            if wait is None:
                self.fail(n, key, code, frame["message"])
                continue
            until = time.monotonic() + wait / 1000
            if frame.get("affects") == "receiver":  # [T7] Messages to others go on.
                self.aside_until[canonical(receiver)] = until
            else:
                self.paused_until, self.batch = until, 1
            asyncio.get_running_loop().call_later(wait / 1000 + 0.01, self.flush)

    def fail(self, n, key, code, message):
        self.sql("DELETE FROM outbox WHERE n = ?", n)
        self.shown.append({"type": "failed", "key": key, "code": code, "message": message})

    def on_failed(self, frame):
        keys = self.sql("SELECT entry.key FROM entry JOIN place USING (epoch) WHERE seq = ?", frame["of"])
        self.shown.append({**frame, "key": keys[0][0] if keys else None})

    def on_mark(self, frame):
        """[E6] Merged by the maximum. [T15] [E7] `reading` is what no mark with a seq has confirmed."""
        peer, mine = frame["peer"], frame.get("mine", 0)
        self.sql("INSERT OR IGNORE INTO mark VALUES (?, 0, 0, 0, 0)", peer)
        before = self.sql("SELECT stored, delivered, read, mine FROM mark WHERE peer = ?", peer)[0]
        now = [max(value, frame.get(name, 0)) for name, value in zip(MARKS, before)]
        self.sql("UPDATE mark SET stored = ?, delivered = ?, read = ?, mine = ? WHERE peer = ?", *now, peer)
        if "seq" in frame:
            self.sql("DELETE FROM reading WHERE peer = ? AND seq <= ?", peer, mine)
        elif mine > before[3]:
            self.sql(READING, peer, mine)
        self.shown.append({"type": "mark", "peer": peer, **{name: at for name, at in zip(MARKS, now) if at}})

    def on_error(self, frame):
        self.shown.append(frame)
        if frame["code"] == "rate_limited":  # [T15] Frames were dropped.
            asyncio.get_running_loop().call_later(frame.get("retryAfter", 1000) / 1000, self.say_again)

    def on_typing(self, frame):
        self.shown.append(frame)

    on_presence = on_typing

    def keep(self, seq, sender, receiver, at, body, key=None):
        """A message of the log, which is shown once."""
        row = (seq, sender, receiver, at, body, key)
        new = self.db.execute("INSERT OR IGNORE INTO entry SELECT epoch, ?, ?, ?, ?, ?, ? FROM place", row)
        if new.rowcount > 0:
            self.shown.append({"type": "message", "seq": seq, "from": sender, "to": receiver, "body": json.loads(body)})

    # What is sent

    def flush(self):
        """[T5] What waits, as one text within the limits, when everything under way is answered."""
        now = time.monotonic()
        if not self.is_open or self.under_way or now < self.paused_until:
            return
        if self.refusals and self.refusals[min(self.refusals)] == "out_of_order":
            self.text_by = 0  # The mailbox expects other ids: this connection ends, and the next welcome says which.
            return
        limits, frames, size, number = self.welcome["limits"], [], 2, self.last
        self.refusals, self.shown = {}, []
        self.sql("BEGIN")
        for n, key, to, body, known in self.sql("SELECT n, key, receiver, body, id FROM outbox ORDER BY n"):
            if n in self.sent or (known is None and now < self.aside_until.get(canonical(to), 0)):
                continue
            frame = f'{{"type":"send","id":{known or number + 1},"to":{json.dumps(to)},"body":{body}}}'
            if len(frame) > limits["textBytes"]:  # json.dumps writes ASCII: a character is a byte.
                self.fail(n, key, "too_large", "The message is too large.")
                continue
            size += len(frame) + 1
            if size > limits["textBytes"] + 1 or len(frames) >= min(limits["frames"], self.batch):
                break
            if known is None:
                number += 1
                self.sql("UPDATE outbox SET id = ? WHERE n = ?", number, n)
            self.under_way.add(known or number)
            self.sent.add(n)
            frames.append(frame)
        self.sql("COMMIT")  # [T2] An id is in the journal before it is sent.
        for event in self.shown:
            self.show(event)
        if frames:
            self.batch *= 2
            self.post(frames[0] if len(frames) == 1 else f"[{','.join(frames)}]")

    def say(self, frame):
        if self.is_open:
            self.post(json.dumps(frame))

    def post(self, text):
        self.has_sent = True
        sending = asyncio.ensure_future(self.socket.send(text))
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())  # The reader notices a loss.


def canonical(name):
    """[N2]"""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())


if __name__ == "__main__":
    import program

    program.main()
