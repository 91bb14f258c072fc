// Where the bugs are planted into the example in Python.
import { join } from "node:path";
import { PYTHON } from "../../support/python.ts";
import type { Change, Patient } from "./bugs.ts";

const change = (text: string, by: string): Change => ["examples/python/restante.py", text, by];

/** A text of several frames is never stored: the bug is found by every SIGKILL, also on a busy machine. */
const EARLY_ACK = `text = await asyncio.wait_for(self.socket.recv(), TICK)
                    seqs = [frame["seq"] for frame in json.loads(text) if "seq" in frame] if text[0] == "[" else []
                    if seqs:
                        await self.socket.send(json.dumps({"type": "ack", "seq": max(seqs)}))
                        await asyncio.Event().wait()
                    ending = self.receive(text)`;

export const PYTHON_EXAMPLE: Patient = {
  name: "the Python example",
  files: ["examples/python"],
  command: (folder) => `${PYTHON} ${join(folder, "examples/python/restante.py")} --conformance`,
  changes: {
    "has no heartbeat": [change("while ending is None and not self.is_dead(late):", "while ending is None:")],
    "gives new numbers to everything after a refusal and a loss": [
      change(
        '"UPDATE outbox SET id = NULL WHERE id > ?", frame["lastId"]',
        '"UPDATE outbox SET id = NULL WHERE id > ?", 0',
      ),
    ],
    "treats 4409 as a lost connection": [change("4406, 4409, *range", "4406, *range")],
    "drops the text at `accepted`": [change("if seq is not None:  # [T4]", "if False:  # [T4]")],
    "acknowledges nothing": [change('self.say({"type": "ack", "seq": cursor})', "pass")],
    "acknowledges before it has stored": [
      change("ending = self.receive(await asyncio.wait_for(self.socket.recv(), TICK))", EARLY_ACK),
    ],
    "ignores another epoch": [change('epoch is not None and epoch != frame["epoch"]', "False")],
    "shows messages twice after the mailbox was restored": [
      change('if frame.get("origin", 0) > (high or 0):', "if True:"),
    ],
    "moves no cursor for an unknown frame with a seq": [
      change("if self.moves(frame) and self.is_known(frame):", "if self.is_known(frame) and self.moves(frame):"),
    ],
    "gives up at `rate_limited`": [change("if wait is None:", 'if wait is None or code == "rate_limited":')],
    "says `read` once": [change('for peer, seq in self.sql("SELECT peer, seq FROM reading"):', "for peer, seq in []:")],
    "acknowledges more than it was sent": [
      change('self.say({"type": "ack", "seq": cursor})', 'self.say({"type": "ack", "seq": cursor + 1})'),
    ],
  },
};
