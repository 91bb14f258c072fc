// The single server: one map, nobody else.
import { messageOf, serveChat } from "./chat.ts";

const chat = serveChat({
  sent: (sender, up) => chat.deliver(up.receiver ?? "", messageOf(sender, up)),
});
