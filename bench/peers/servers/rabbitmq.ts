// One of several servers behind one RabbitMQ fanout exchange: `node rabbitmq.ts URL`. Each has an exclusive queue, hears every message
// and filters by the routing key, which a fanout exchange carries along unread.
import process from "node:process";
import { connect } from "amqplib";
import { messageOf, serveChat } from "./chat.ts";

const EXCHANGE = "chat";

const connection = await connect(process.argv[2] ?? "");
const channel = await connection.createChannel();
await channel.assertExchange(EXCHANGE, "fanout", { durable: false });
const { queue } = await channel.assertQueue("", { exclusive: true, durable: false });
await channel.bindQueue(queue, EXCHANGE, "");

const chat = serveChat({
  sent: (sender, up) => void channel.publish(EXCHANGE, up.receiver ?? "", Buffer.from(messageOf(sender, up))),
});

const filter = (message: Awaited<Parameters<Parameters<typeof channel.consume>[1]>[0]>) => {
  if (message !== null) chat.deliver(message.fields.routingKey, message.content.toString());
};
await channel.consume(queue, filter, { noAck: true });
