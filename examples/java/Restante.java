// A client of Restante in one file, on Java's standard library (17 or newer), written from docs/PROTOCOL.md. The
// numbers in brackets are its rules. `java Restante.java --help` says how to start it.
//
// One thread owns everything: a client is a queue of tasks (a text arrived, a line was typed, the socket is gone), and
// each turn runs all that wait. A turn changes the state only by records, and these are written to the journal and
// flushed to the disk, once, before anything of that turn is shown, sent or acknowledged [T2] [T18]. So everything
// that the user saw, and that the mailbox was told, is in the journal, and a process that is killed goes on there.

import java.io.*;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.text.Normalizer;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;
import java.util.regex.*;
import java.util.stream.*;

public final class Restante {
    // ------------------------------------------------------------------------------------------------ the connection

    /** The connection, and what goes over it. Every method runs on the client's thread, but `post` on any. */
    static final class Client {
        static final long SECOND = 1_000_000_000L, MS = 1_000_000L;
        static final int PONG_UNITS = 20_000; // A pong can wait behind that much [T11].

        enum Status { CONNECTING, OPEN, WAITING, STOPPED }

        private final Consumer<String> screen; // takes each event as a line of JSON
        private final Store store;
        private final String url, user;
        private String token, usedToken;
        private final HttpClient http = HttpClient.newHttpClient();
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        private final List<Runnable> afterFlush = new ArrayList<>();

        private Status status = Status.STOPPED;
        private int stoppedBy;
        private final String instance = Long.toString(new Random().nextLong() >>> 1, 36);
        private int attempt; // [R6]; it also distinguishes events of this socket from late ones of an earlier one [T1]
        private WebSocket socket;
        private CompletableFuture<?> sending;
        // Times of System.nanoTime(). 0: never.
        private long openedAt, heardAt, pingedAt, textBy, pongBy, lostAt, retryAt, pausedUntil, sayAgainAt;
        private boolean hasSent, isEnding;
        private int unitsSincePing;
        private List<String> watched = List.of();

        private String welcomedAs; // the canonical name
        private long headThen, lastIdThen, textBytes, frames; // of the `welcome`
        private long lastId; // the highest id that the mailbox has accepted
        private final Map<Long, Item> underWay = new HashMap<>(); // by id: one text at a time [T5]
        private final TreeMap<Long, String> refusals = new TreeMap<>(); // of that text, by id
        private long batch = Long.MAX_VALUE; // how many messages the next text may have
        private final Map<String, Long> asideUntil = new HashMap<>(); // by receiver [T7]

        Client(Consumer<String> screen, String url, String user, String device, String token, Path journal)
            throws IOException {
            this.screen = screen;
            this.url = url.replaceFirst("^http", "ws").replaceFirst("/+$", "");
            this.user = user;
            this.token = token;
            this.store = new Store(journal, user, device);
        }

        void post(Runnable task) { tasks.add(task); }

        /** Runs the client without end, in turns: all tasks that wait, one flush, and what had to wait for it. */
        void run() throws InterruptedException, IOException {
            connect();
            for (Runnable task = null; ; task = tasks.poll(Math.max(1, nextDeadline() - now()), TimeUnit.NANOSECONDS)) {
                for (; task != null; task = tasks.poll()) {
                    task.run();
                    store.endTransaction();
                }
                checkDeadlines();
                sendOutbox();
                store.flush();
                for (Runnable effect : List.copyOf(afterFlush)) effect.run();
                afterFlush.clear();
                if (isEnding && store.outbox.isEmpty()) close();
            }
        }

        // What the user does.

        void send(String key, String to, String body) {
            if (!store.outbox.containsKey(key)) store.record("put", "key", key, "to", to, "body", new Raw(body));
            show("kept", "key", key, "to", to, "body", new Raw(body));
        }

        void read(String peer, long seq) {
            // Nothing after the cursor was shown. A `read` of it, sent again later, would cover later messages [T15].
            String name = canonical(peer);
            long shown = Math.min(seq, store.cursor);
            if (shown <= Math.max(store.known(name, "mine"), store.reads.getOrDefault(name, 0L))) return;
            store.record("read", "peer", name, "seq", shown);
            if (status == Status.OPEN) sendRead(name, shown);
        }

        void watch(List<String> peers) {
            watched = peers;
            if (status == Status.OPEN) sendWatch();
        }

        void present(String fresh) { // [T19]
            token = fresh;
            if (status == Status.OPEN) sendToken();
            else if (status == Status.WAITING || stoppedBy == 4401) connect();
        }

        /** The network may have changed [T11] [T12]. */
        void check() {
            if (status == Status.WAITING) connect();
            if (status != Status.OPEN) return;
            textBy = now() + 3 * SECOND;
            ping();
        }

        /** Sends what was typed, and ends. */
        void finish() { isEnding = true; }

        void close() {
            Runnable exit = () -> System.exit(0);
            if (socket == null) exit.run();
            else socket.sendClose(WebSocket.NORMAL_CLOSURE, "").orTimeout(1, TimeUnit.SECONDS)
                .whenComplete((done, failure) -> exit.run());
        }

        // Connecting and losing the connection.

        private void connect() {
            int mine = ++attempt;
            status = Status.CONNECTING;
            stoppedBy = 0;
            show("connecting");
            heardAt = pingedAt = now();
            textBy = now() + 8 * SECOND;
            pongBy = 0;
            hasSent = false;
            sending = CompletableFuture.completedFuture(null);
            String query = "?early=1&device=" + store.device + "&attempt=" + instance + "." + attempt;
            if (store.epoch != null) query += "&epoch=" + encode(store.epoch);
            if (store.cursor >= 0) query += "&cursor=" + store.cursor;
            WebSocket.Builder builder = http.newWebSocketBuilder().subprotocols("restante.v1");
            usedToken = token;
            if (token != null) builder.header("Authorization", "Bearer " + token);
            URI address = URI.create(url + "/client/" + encode(user) + query);
            builder.buildAsync(address, new Listener(this, mine, new StringBuilder())).exceptionally(failure -> {
                post(() -> failed(mine, failure instanceof CompletionException ? failure.getCause() : failure));
                return null;
            });
        }

        /** No connection: where the upgrade was answered with an HTTP status, that says why [T13]. */
        private void failed(int of, Throwable cause) {
            if (!(cause instanceof WebSocketHandshakeException refused)) {
                lost(of, 1006, String.valueOf(cause), 0);
                return;
            }
            int status = refused.getResponse().statusCode();
            String wait = refused.getResponse().headers().firstValue("Retry-After").orElse("");
            int code = switch (status) {
                case 401, 403 -> 4000 + status;
                case 400, 404, 426 -> 4400;
                default -> 1006;
            };
            lost(of, code, "HTTP " + status, Json.number(wait) * 1000);
        }

        private void opened(int of, WebSocket one) {
            if (of != attempt || status != Status.CONNECTING) one.abort();
            else socket = one;
            if (socket == one && !one.getSubprotocol().equals("restante.v1"))
                lost(of, 4406, "The server does not speak restante.v1.", 0);
        }

        /** The connection is over: whether and when to try again [C2] [C3] [T12] [T13]. */
        private void lost(int of, int code, String why, long retryAfterMs) {
            if (of != attempt || status != Status.CONNECTING && status != Status.OPEN) return;
            attempt++; // What the old socket still brings is late [T1].
            if (socket != null) {
                WebSocket last = socket;
                last.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(isGone -> null);
                CompletableFuture.delayedExecutor(5, TimeUnit.SECONDS).execute(last::abort);
            }
            socket = null;
            underWay.clear();
            boolean hasFreshToken = code == 4401 && !Objects.equals(token, usedToken);
            boolean isFinal = switch (code) {
                case 4400, 4401, 4403, 4406, 4409, 1009 -> !hasFreshToken;
                default -> code >= 4450 && code < 4480;
            };
            long now = now();
            if (lostAt == 0 || status == Status.OPEN && now - openedAt > 5 * SECOND) lostAt = now;
            long most = Math.max(SECOND, Math.min(20 * SECOND, (now - lostAt) / 4));
            retryAt = now + retryAfterMs * MS + ThreadLocalRandom.current().nextLong(most);
            status = isFinal ? Status.STOPPED : Status.WAITING;
            stoppedBy = isFinal ? code : 0;
            show(isFinal ? "stopped" : "waiting", "code", (long) code, "why", why);
        }

        private void ping() { // [F6] [T11]
            pingedAt = now();
            unitsSincePing = 0;
            transmit("ping");
            hasSent = false;
        }

        private long nextDeadline() {
            long next = now() + SECOND;
            if (status == Status.WAITING) next = Math.min(next, retryAt);
            if (status != Status.OPEN) return next;
            for (long until : asideUntil.values()) next = Math.min(next, until);
            if (pausedUntil != 0) next = Math.min(next, pausedUntil);
            return sayAgainAt == 0 ? next : Math.min(next, sayAgainAt);
        }

        private void checkDeadlines() {
            long now = now();
            if (status == Status.WAITING && now >= retryAt) connect();
            if (pongBy != 0 && unitsSincePing > PONG_UNITS) pongBy = 0;
            if (textBy != 0 && now > textBy || pongBy != 0 && now > pongBy) lost(attempt, 1006, "no text came", 0);
            if (status != Status.OPEN) return;
            boolean isSilent = textBy == 0 && now - heardAt >= 20 * SECOND;
            boolean isUnsure = hasSent && pongBy == 0 && now - pingedAt > 20 * SECOND; // The way up may be dead.
            if (isSilent) textBy = now + 8 * SECOND;
            else if (isUnsure) pongBy = now + 20 * SECOND;
            if (isSilent || isUnsure) ping();
            asideUntil.values().removeIf(until -> now >= until);
            if (pausedUntil != 0 && now >= pausedUntil) pausedUntil = 0;
            if (sayAgainAt != 0 && now >= sayAgainAt) sayAgain();
        }

        // What the mailbox sends.

        private void text(int of, String text) {
            if (of != attempt || socket == null) return;
            heardAt = now();
            unitsSincePing += text.length();
            textBy = 0;
            if (text.equals("pong")) pongBy = 0;
            if (text.equals("pong")) return;
            List<Map<String, String>> read;
            try {
                boolean isArray = text.stripLeading().startsWith("[");
                read = (isArray ? Json.array(text) : List.of(text)).stream().map(Json::object).toList();
            } catch (IllegalArgumentException unreadable) { // Nothing is lost: the cursor is before this text.
                lost(of, 1006, "an unreadable text: " + unreadable.getMessage(), 0);
                return;
            }
            boolean isNew = false;
            for (Map<String, String> frame : read) {
                if (of != attempt) break; // `closing` is the last frame.
                String type = String.valueOf(string(frame, "type"));
                Long seq = Json.whole(frame.get("seq"));
                if (status == Status.CONNECTING && !type.equals("welcome") && !type.equals("closing")) continue;
                if (seq == null) answer(type, frame);
                else if (type.equals("gap") || seq > store.cursor) { // [T14]
                    log(type, seq, frame);
                    isNew = true;
                }
            }
            if (isNew) afterFlush.add(() -> sendFrom(of, Json.write("type", "ack", "seq", store.cursor))); // [T18]
        }

        private void answer(String type, Map<String, String> frame) {
            long id = number(frame, "id");
            String code = string(frame, "code");
            switch (type) {
                case "welcome" -> welcome(frame);
                case "accepted" -> accepted(id, number(frame, "entry"), string(frame, "state"));
                case "refused" -> refused(id, String.valueOf(code), frame);
                case "mark" -> mark(frame, false);
                case "typing" -> show(type, "from", string(frame, "from"));
                case "presence" -> show(type, "user", string(frame, "user"), "online", new Raw(frame.get("online")));
                case "token" -> usedToken = token;
                case "closing" ->
                    lost(attempt, (int) number(frame, "code"), string(frame, "message"), number(frame, "retryAfter"));
                case "error" -> {
                    show("error", "code", code, "why", string(frame, "message"));
                    if (frame.containsKey("retryAfter")) sayAgainAt = now() + number(frame, "retryAfter") * MS;
                }
                default -> { } // of a newer server [T17]
            }
        }

        private void welcome(Map<String, String> frame) {
            String epoch = string(frame, "epoch");
            if (status != Status.CONNECTING || epoch == null) return;
            String limits = String.valueOf(frame.get("limits"));
            Map<String, String> known = limits.startsWith("{") ? Json.object(limits) : Map.of();
            textBytes = Json.number(known.getOrDefault("textBytes", "1000000")); // [F3]
            frames = Json.number(known.getOrDefault("frames", "4096"));
            welcomedAs = string(frame, "user");
            headThen = number(frame, "head");
            lastId = lastIdThen = number(frame, "lastId");
            status = Status.OPEN;
            openedAt = now();
            show("open", "user", welcomedAs);
            // The log has shown these, and the mailbox does not have them any more: taken out, as [T4] allows.
            for (Item item : List.copyOf(store.outbox.values()))
                if (item.entry != 0 && (item.id > lastId || !epoch.equals(store.epoch)))
                    settle(item, item.entry, "queued");
            store.record("welcome", "epoch", epoch, "lastId", lastId); // takes the numbers of the others [T3] [T8]
            pausedUntil = 0;
            asideUntil.clear();
            refusals.clear();
            batch = Long.MAX_VALUE;
            if (!Objects.equals(token, usedToken)) sendToken();
            sayAgain();
        }

        private void sayAgain() { // [T15] [T16]
            sayAgainAt = 0;
            store.reads.forEach(this::sendRead);
            if (!watched.isEmpty()) sendWatch();
        }

        private void log(String type, long seq, Map<String, String> frame) {
            switch (type) {
                case "gap" -> {
                    long from = number(frame, "from");
                    boolean isKnown = seq == store.cursor && from == store.gapFrom; // It is shown once [T10].
                    if (!isKnown) show("gap", "from", from, "seq", seq);
                    store.record("gap", "from", from, "seq", seq);
                    return;
                }
                case "message" -> message(seq, frame);
                case "mark" -> mark(frame, true);
                case "failed" -> {
                    String key = store.keys.get(number(frame, "of"));
                    String code = string(frame, "code"), why = string(frame, "message");
                    if (key != null) show("failed", "key", key, "code", code, "why", why);
                }
                case "peer" -> show("peer", "peer", string(frame, "peer"), "standing", string(frame, "standing"));
                case "notice" -> show("notice", "why", string(frame, "message"));
                default -> { } // It moves the cursor all the same [T17].
            }
            store.record("cursor", "seq", seq);
        }

        private void message(long seq, Map<String, String> frame) {
            String from = string(frame, "from"), to = string(frame, "to"), body = frame.get("body");
            if (from == null || to == null) return;
            if (!from.equals(welcomedAs)) {
                long origin = number(frame, "origin");
                if (origin <= store.origins.getOrDefault(from, 0L)) return; // [T14]
                store.record("origin", "from", from, "origin", origin);
                showMessage(seq, from, to, body, false);
            } else if (!store.early.contains(seq)) {
                Item item = store.device.equals(string(frame, "device")) ? store.find(number(frame, "id"), to) : null;
                // An earlier device of this name had the same ids, before this `welcome` [T4].
                if (item != null && item.id <= lastIdThen != seq <= headThen) item = null;
                if (item != null) store.record("seen", "key", item.key, "entry", seq);
                if (body == null && item != null) body = item.body; // left out on the socket that sent it [L3]
                if (body != null) showMessage(seq, from, to, body, item != null);
            }
        }

        private void mark(Map<String, String> frame, boolean isDurable) { // [L6] [E6]
            String peer = string(frame, "peer");
            if (peer == null) return;
            if (!isDurable && number(frame, "mine") > store.known(peer, "mine")) // Another device has read that [E7].
                store.record("read", "peer", peer, "seq", number(frame, "mine"));
            List<Object> event = new ArrayList<>(List.of("peer", peer));
            for (String field : Store.MARKS) {
                long value = Math.max(number(frame, field), store.known(peer, field));
                if (value > 0) event.addAll(List.of(field, value));
            }
            store.record("mark", event.toArray());
            if (isDurable) store.record("confirmed", "peer", peer, "seq", number(frame, "mine"));
            show("mark", event.toArray());
        }

        // The outbox.

        private void accepted(long id, long entry, String state) {
            Item item = underWay.remove(id);
            if (item == null) return;
            lastId = Math.max(lastId, id);
            settle(item, entry, state);
        }

        /** The log may show the message later, and without its text: so it is shown now [T4]. */
        private void settle(Item item, long entry, String state) {
            boolean isEarly = entry > Math.max(store.cursor, item.entry);
            show("accepted", "key", item.key, "seq", entry, "state", state);
            if (isEarly) showMessage(entry, welcomedAs, canonical(item.to), item.body, true);
            store.record("accepted", "key", item.key, "entry", entry, "isEarly", isEarly);
        }

        private void refused(long id, String code, Map<String, String> frame) {
            Item item = underWay.remove(id);
            if (item == null) return;
            refusals.put(id, code);
            store.record("number", "key", item.key, "id", 0L);
            if (code.equals("out_of_order") || code.equals("id_reused")) return;
            long until = now() + number(frame, "retryAfter") * MS;
            if (!frame.containsKey("retryAfter")) fail(item, code, string(frame, "message"));
            else if ("receiver".equals(string(frame, "affects"))) asideUntil.put(canonical(item.to), until);
            else {
                pausedUntil = until;
                batch = 1;
            }
        }

        private void fail(Item item, String code, String why) {
            show("failed", "key", item.key, "code", code, "why", why);
            store.record("end", "key", item.key);
        }

        /** Sends the next text of messages, when every message of the one before has its answer [T3] [T5]. */
        private void sendOutbox() {
            if (status != Status.OPEN || !underWay.isEmpty() || pausedUntil != 0) return;
            if (!refusals.isEmpty() && refusals.firstEntry().getValue().equals("out_of_order")) {
                lost(attempt, 1006, "out_of_order", 0); // The next `welcome` says which number is right.
                return;
            }
            refusals.clear();
            long next = lastId, bytes = 2;
            List<String> sends = new ArrayList<>();
            for (Item item : List.copyOf(store.outbox.values())) {
                if (sends.size() >= Math.min(batch, frames)) break;
                if (asideUntil.containsKey(canonical(item.to))) continue;
                long id = item.id != 0 ? item.id : next + 1;
                String frame = Json.write("type", "send", "id", id, "to", item.to, "body", new Raw(item.body));
                int size = frame.getBytes(StandardCharsets.UTF_8).length + 1;
                if (size > textBytes - 2) {
                    fail(item, "too_large", "The message does not fit into a text.");
                    continue;
                }
                if (bytes + size > textBytes) break;
                bytes += size;
                next = Math.max(next, id);
                store.record("number", "key", item.key, "id", id);
                underWay.put(id, item);
                sends.add(frame);
            }
            store.endTransaction();
            if (sends.isEmpty()) return;
            transmit(sends.size() == 1 ? sends.get(0) : "[" + String.join(",", sends) + "]");
            if (batch < frames) batch *= 2;
        }

        private void sendRead(String peer, long seq) { transmit(Json.write("type", "read", "peer", peer, "seq", seq)); }

        private void sendToken() { transmit(Json.write("type", "token", "token", token)); }

        private void sendWatch() {
            Raw peers = new Raw("[" + String.join(",", watched.stream().map(Json::quote).toList()) + "]");
            transmit(Json.write("type", "watch", "peers", peers));
        }

        private void transmit(String text) {
            int of = attempt;
            afterFlush.add(() -> sendFrom(of, text));
        }

        /** Java takes one text at a time: each waits for the one before. */
        private void sendFrom(int of, String text) {
            WebSocket to = socket;
            if (of != attempt || to == null) return;
            hasSent |= !text.equals("ping");
            sending = sending.thenCompose(done -> to.sendText(text, true));
            sending.exceptionally(failure -> {
                post(() -> lost(of, 1006, String.valueOf(failure.getMessage()), 0));
                return null;
            });
        }

        private void showMessage(long seq, String from, String to, String body, boolean isTyped) {
            show("message", "seq", seq, "from", from, "to", to, "body", new Raw(body), "typed", isTyped);
        }

        private void show(String is, Object... fields) {
            String event = Json.tagged(is, fields);
            afterFlush.add(() -> screen.accept(event));
        }

        private static long now() { return System.nanoTime(); }
    }

    /** Brings the events of one socket to the client's thread; the next text is requested when this one was handled. */
    record Listener(Client client, int attempt, StringBuilder part) implements WebSocket.Listener {
        @Override public void onOpen(WebSocket socket) {
            client.post(() -> client.opened(attempt, socket));
            socket.request(1);
        }

        @Override public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean isLast) {
            part.append(data);
            if (!isLast) socket.request(1);
            else {
                String text = part.toString();
                part.setLength(0);
                client.post(() -> client.text(attempt, text));
                client.post(() -> client.afterFlush.add(() -> socket.request(1)));
            }
            return null;
        }

        @Override public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            client.post(() -> client.lost(attempt, code, reason, 0));
            return null;
        }

        @Override public void onError(WebSocket socket, Throwable failure) {
            client.post(() -> client.lost(attempt, 1006, String.valueOf(failure.getMessage()), 0));
        }
    }

    // --------------------------------------------------------------------------------------------------- the journal

    /** A message without an answer. */
    static final class Item {
        final String key, to, body; // The body stays JSON text, as it is sent.
        long id; // 0: it gets one when it is sent
        long entry; // its seq, where the log has shown it already; else 0

        Item(String key, String to, String body) {
            this.key = key;
            this.to = to;
            this.body = body;
        }
    }

    /** What the client knows, and its journal. Only `apply` changes it, record by record, now and after a restart. */
    static final class Store {
        static final List<String> MARKS = List.of("stored", "delivered", "read", "mine");
        static final int KEYS_MAX = 10_000;

        String user, device, epoch;
        long cursor = -1, gapFrom; // -1: none yet
        final Map<String, Item> outbox = new LinkedHashMap<>(); // by key, in the order of sending
        final Map<Long, String> keys = new LinkedHashMap<>(); // of what was accepted, by entry: for `failed`
        final TreeSet<Long> early = new TreeSet<>(); // entries that were shown before the log had them
        final Map<String, Long> origins = new HashMap<>(); // the highest of each author [T14]
        final Map<String, Map<String, Long>> marks = new HashMap<>();
        final Map<String, Long> reads = new HashMap<>(); // not confirmed yet [T15]

        private final FileChannel file;
        private final List<String> transaction = new ArrayList<>();
        private final StringBuilder lines = new StringBuilder();

        Store(Path path, String user, String device) throws IOException {
            Path folder = path.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (file.tryLock() == null) throw new IOException(path + " is in use by another process."); // [T1]
            ByteBuffer all = ByteBuffer.allocate((int) file.size());
            while (all.hasRemaining()) file.read(all); // Another channel, when closed, would end the lock.
            long end = replay(all.array());
            file.truncate(end).position(end); // What follows is a line that a crash cut: nobody was told of it.
            if (this.user == null) {
                String random = "java-" + Long.toString(new Random().nextLong() >>> 1, 36);
                record("owner", "user", user, "device", device == null ? random : device);
            }
            if (!this.user.equals(user) || device != null && !this.device.equals(device))
                throw new IOException(path + " belongs to " + this.user + " on the device " + this.device + ".");
            endTransaction();
            flush();
            try (FileChannel names = FileChannel.open(folder)) {
                names.force(true); // The file's name has to be durable, too.
            }
        }

        /** A record: its kind, then names and values. It counts here at once, and on the disk with its transaction. */
        void record(String is, Object... fields) {
            String line = Json.tagged(is, fields);
            transaction.add(line);
            apply(Json.object(line));
        }

        /** A transaction is one line: after a crash it is there as a whole, or not at all. */
        void endTransaction() {
            if (!transaction.isEmpty()) lines.append("[").append(String.join(",", transaction)).append("]\n");
            transaction.clear();
        }

        void flush() throws IOException {
            if (lines.length() == 0) return;
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(lines.toString());
            while (bytes.hasRemaining()) file.write(bytes);
            file.force(false);
            lines.setLength(0);
        }

        /** Returns the end of the last whole line. */
        private int replay(byte[] all) {
            int end = 0;
            for (int at = 0; at < all.length; at++) {
                if (all[at] != '\n') continue;
                try {
                    String line = new String(all, end, at - end, StandardCharsets.UTF_8);
                    Json.array(line).forEach(record -> apply(Json.object(record)));
                } catch (IllegalArgumentException isCut) {
                    break;
                }
                end = at + 1;
            }
            return end;
        }

        private void apply(Map<String, String> of) {
            String key = string(of, "key"), peer = string(of, "peer");
            long seq = number(of, "seq"), entry = number(of, "entry");
            switch (string(of, "is")) {
                case "owner" -> {
                    user = string(of, "user");
                    device = string(of, "device");
                }
                case "put" -> outbox.put(key, new Item(key, string(of, "to"), of.get("body")));
                case "number" -> outbox.get(key).id = number(of, "id");
                case "end" -> outbox.remove(key);
                case "seen" -> {
                    outbox.get(key).entry = entry;
                    keep(entry, key);
                }
                case "accepted" -> {
                    outbox.remove(key);
                    if (entry != 0) keep(entry, key);
                    if (of.get("isEarly").equals("true")) early.add(entry);
                }
                case "welcome" -> welcome(string(of, "epoch"), number(of, "lastId"));
                case "cursor", "gap" -> {
                    cursor = seq;
                    gapFrom = number(of, "from");
                    early.headSet(seq, true).clear();
                }
                case "origin" -> origins.put(string(of, "from"), number(of, "origin"));
                case "mark" -> {
                    Map<String, Long> known = marks.computeIfAbsent(peer, one -> new HashMap<>());
                    for (String mark : MARKS) if (of.containsKey(mark)) known.put(mark, number(of, mark));
                }
                case "confirmed" -> reads.computeIfPresent(peer, (one, read) -> read <= seq ? null : read);
                case "read" -> reads.merge(peer, seq, Math::max);
                default -> throw new IllegalStateException("This journal is of a newer version.");
            }
        }

        /** What the mailbox has accepted keeps its number. The rest gets others when it is sent [T3] [T8]. */
        private void welcome(String theirs, long lastId) {
            boolean isOther = !theirs.equals(epoch);
            for (Item item : outbox.values()) if (isOther || item.id > lastId) item.id = 0;
            if (isOther && epoch != null) cursor = 0;
            if (isOther) for (Map<?, ?> numbered : List.of(keys, marks, reads)) numbered.clear();
            if (isOther) early.clear();
            epoch = theirs;
        }

        private void keep(long entry, String key) {
            keys.put(entry, key);
            if (keys.size() > KEYS_MAX) keys.remove(keys.keySet().iterator().next());
        }

        Item find(long id, String to) {
            for (Item item : outbox.values())
                if (id != 0 && item.id == id && canonical(item.to).equals(to)) return item;
            return null;
        }

        long known(String peer, String mark) { return marks.getOrDefault(peer, Map.of()).getOrDefault(mark, 0L); }
    }

    // ---------------------------------------------------------------------------------------------------------- JSON

    /** A value that is JSON text already. */
    record Raw(String text) { }

    static String string(Map<String, String> fields, String name) { return Json.string(fields.get(name)); }

    /** A whole number; 0 if there is none. */
    static long number(Map<String, String> fields, String name) { return Json.number(fields.get(name)); }

    /** JSON as text: an object is its fields, which stay text. So a body stays what it was, to the last digit. */
    static final class Json {
        private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
        private static final Pattern SIMPLE = Pattern.compile("true|false|null|" + NUMBER);
        private static final Pattern HEX = Pattern.compile("[0-9A-Fa-f]{4}");
        private static final int LEVELS_MAX = 1_000;
        private final String text;
        private int at, level;

        private Json(String text) { this.text = text; }

        /** The fields of an object. Of two with one name the last one counts, as in JavaScript. */
        static Map<String, String> object(String text) {
            Map<String, String> fields = new LinkedHashMap<>();
            new Json(text).whole('{', fields::put);
            return fields;
        }

        static List<String> array(String text) {
            List<String> items = new ArrayList<>();
            new Json(text).whole('[', (none, item) -> items.add(item));
            return items;
        }

        /** The value of a string; null for anything else. */
        static String string(String raw) { return raw != null && raw.startsWith("\"") ? new Json(raw).quoted() : null; }

        /** A whole number from 0 to 2^53 - 1; null for anything else. */
        static Long whole(String raw) {
            if (raw == null || !NUMBER.matcher(raw).matches()) return null;
            try {
                long value = new BigDecimal(raw).longValueExact();
                return value >= 0 && value < 1L << 53 ? value : null;
            } catch (ArithmeticException | NumberFormatException isNone) {
                return null;
            }
        }

        static long number(String raw) { return Objects.requireNonNullElse(whole(raw), 0L); }

        /** An object of names and values: strings, JSON text, whole numbers and booleans. */
        static String write(Object... fields) {
            StringJoiner object = new StringJoiner(",", "{", "}");
            for (int i = 0; i < fields.length; i += 2) {
                Object value = fields[i + 1];
                if (value instanceof String text) value = quote(text);
                object.add(quote((String) fields[i]) + ":" + (value instanceof Raw raw ? raw.text : value));
            }
            return object.toString();
        }

        /** The same, with a first field `is`. */
        static String tagged(String is, Object... fields) {
            return write(Stream.concat(Stream.of("is", is), Stream.of(fields)).toArray());
        }

        /** A string. Control characters, and half a surrogate pair, which UTF-8 can't carry, are escaped. */
        static String quote(String value) {
            StringBuilder out = new StringBuilder("\"");
            value.codePoints().forEach(c -> {
                if (c == '"' || c == '\\') out.append('\\').append((char) c);
                else if (Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE)
                    out.append(String.format("\\u%04x", c));
                else out.appendCodePoint(c);
            });
            return out.append('"').toString();
        }

        private void whole(char open, BiConsumer<String, String> each) {
            space();
            container(open, each);
            space();
            if (at < text.length()) throw wrong("more than one value");
        }

        private void container(char open, BiConsumer<String, String> each) {
            char close = open == '{' ? '}' : ']';
            if (++level > LEVELS_MAX) throw wrong("too many levels");
            take(open);
            space();
            for (boolean isFirst = true; peek() != close; isFirst = false) {
                if (!isFirst) take(',');
                space();
                String name = open == '{' ? quoted() : null;
                space();
                if (open == '{') take(':');
                each.accept(name, value());
                space();
            }
            take(close);
            level--;
        }

        /** The text of the next value. */
        private String value() {
            space();
            int start = at;
            char c = peek();
            Matcher simple = SIMPLE.matcher(text).region(at, text.length());
            if (c == '"') quoted();
            else if (c == '{' || c == '[') container(c, (name, item) -> { });
            else if (simple.lookingAt()) at = simple.end();
            else throw wrong("no value");
            return text.substring(start, at);
        }

        private String quoted() {
            StringBuilder out = new StringBuilder();
            take('"');
            for (; peek() != '"'; at++) {
                char c = peek();
                if (c < ' ') throw wrong("a control character");
                if (c == '\\') {
                    at++;
                    int escape = "\"\\/bfnrtu".indexOf(peek());
                    if (escape < 0) throw wrong("an unknown escape");
                    c = "\"\\/\b\f\n\r\tu".charAt(escape);
                    if (c == 'u') {
                        String hex = text.substring(at + 1, Math.min(at + 5, text.length()));
                        if (!HEX.matcher(hex).matches()) throw wrong("an unknown escape");
                        c = (char) Integer.parseInt(hex, 16);
                        at += 4;
                    }
                }
                out.append(c);
            }
            at++;
            return out.toString();
        }

        private void space() { while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++; }

        private void take(char expected) {
            if (peek() != expected) throw wrong("no " + expected);
            at++;
        }

        private char peek() {
            if (at >= text.length()) throw wrong("an early end");
            return text.charAt(at);
        }

        private IllegalArgumentException wrong(String what) {
            return new IllegalArgumentException(what + " at character " + at);
        }
    }

    // ------------------------------------------------------------------------------------------ the two ways to use it

    static String canonical(String name) { // [N2]
        String folded = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return Normalizer.normalize(folded, Normalizer.Form.NFKC);
    }

    static String encode(String part) { return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"); }

    /** In a terminal: prints what the client shows. What was printed counts as read. */
    static final class Terminal {
        Client client;

        void show(String line) {
            Map<String, String> event = Json.object(line);
            Function<String, String> text = name -> printable(event.get(name));
            switch (string(event, "is")) {
                case "open" -> print("* connected as " + text.apply("user"));
                case "waiting" -> print("* no connection (" + text.apply("why") + "), trying again");
                case "stopped" -> {
                    String why = text.apply("why") + " (" + event.get("code") + ")";
                    System.err.println("The server closed the mailbox: " + why);
                    System.exit(1);
                }
                case "kept" -> print("to " + text.apply("to") + ": " + text.apply("body"));
                case "accepted" -> print("* " + text.apply("state"));
                case "failed" -> print("* not sent: " + text.apply("code") + ": " + text.apply("why"));
                case "message" -> {
                    boolean isOwn = string(event, "from").equals(client.welcomedAs);
                    String who = isOwn ? "to " + text.apply("to") : text.apply("from");
                    if (event.get("typed").equals("false")) print(who + ": " + text.apply("body"));
                    if (!isOwn) client.post(() -> client.read(string(event, "from"), number(event, "seq")));
                }
                case "mark" -> Store.MARKS.stream().filter(event::containsKey).forEach(mark ->
                    print("* " + text.apply("peer") + ": " + mark + " up to " + event.get(mark)));
                case "gap" -> print("* messages up to " + event.get("seq") + " are lost");
                case "typing" -> print("* " + text.apply("from") + " is typing");
                case "error", "notice" -> print("* " + text.apply("why"));
                default -> { }
            }
        }

        /** A string as its text, other values as JSON. Control characters, which steer terminals, are escaped. */
        private static String printable(String raw) {
            String value = Json.string(raw);
            if (value == null) return raw;
            return value.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? String.format("\\u%04x", c) : Character.toString(c))
                .collect(Collectors.joining());
        }

        void type(String line) {
            int space = line.indexOf(' ');
            if (space <= 0) print("* Type a name, a space and a text: bob hello");
            else {
                String key = UUID.randomUUID().toString();
                client.send(key, line.substring(0, space), Json.quote(line.substring(space + 1)));
            }
        }
    }

    /** For the conformance cases: the events of `client` go to stdout as they are; a command is done. */
    static void command(Client client, Map<String, String> command) {
        switch (string(command, "do")) {
            case "send" -> client.send(string(command, "key"), string(command, "to"), command.get("body"));
            case "read" -> client.read(string(command, "peer"), number(command, "seq"));
            case "watch" -> client.watch(Json.array(command.get("peers")).stream().map(Json::string).toList());
            case "token" -> client.present(string(command, "token"));
            case "check" -> client.check();
            case "close" -> client.close();
            default -> print(Json.tagged("unsupported", "do", string(command, "do")));
        }
    }

    private static final PrintStream OUT =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    static void print(String line) { OUT.println(line); }

    /** Starts the thread of a client. */
    static Client started(Client client) {
        new Thread(() -> {
            try {
                client.run();
            } catch (IOException | InterruptedException | RuntimeException failure) {
                failure.printStackTrace(); // Without a journal nothing may be sent or shown any more [T2].
                System.exit(2);
            }
        }).start();
        return client;
    }

    private static final List<String> FLAGS = List.of("--url", "--token", "--state", "--device");
    private static final String HELP = """
        java Restante.java NAME [--url http://localhost:8787] [--token TOKEN] [--state FILE] [--device NAME]
        Then type "bob hello": it is sent to bob. The token may be in the variable RESTANTE_TOKEN, too.
        java Restante.java --conformance: commands and events as JSON, for the conformance runner.""";

    public static void main(String[] args) {
        try {
            start(args);
        } catch (IOException | IllegalArgumentException wrong) { // the journal of another process, a bad address
            System.err.println(wrong.getMessage());
            System.exit(1);
        }
    }

    private static void start(String[] args) throws IOException {
        Map<String, String> flags = new HashMap<>();
        for (int i = 0; i < args.length; i++) {
            boolean hasValue = i + 1 < args.length && FLAGS.contains(args[i]);
            flags.put(args[i].startsWith("-") ? args[i] : "user", hasValue ? args[++i] : args[i]);
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (flags.containsKey("--conformance")) {
            print(Json.tagged("ready", "name", "restante java", "version", "1"));
            Map<String, String> open = Json.object(in.readLine());
            Client client = started(new Client(Restante::print, string(open, "url"), string(open, "user"),
                string(open, "device"), string(open, "token"), Path.of(string(open, "state"), "journal")));
            for (String line; (line = in.readLine()) != null; ) {
                Map<String, String> command = Json.object(line);
                client.post(() -> command(client, command));
            }
            System.exit(0);
        }
        if (!flags.containsKey("user") || flags.containsKey("--help")) {
            System.err.println(HELP);
            System.exit(flags.containsKey("--help") ? 0 : 1);
        }
        String user = canonical(flags.get("user"));
        Path journal = Path.of(flags.getOrDefault("--state", "restante-" + encode(user) + ".journal"));
        String token = flags.getOrDefault("--token", System.getenv("RESTANTE_TOKEN"));
        Terminal terminal = new Terminal();
        terminal.client = new Client(terminal::show, flags.getOrDefault("--url", "http://localhost:8787"), user,
            flags.get("--device"), token, journal);
        started(terminal.client);
        for (String line; (line = in.readLine()) != null; ) {
            String typed = line;
            terminal.client.post(() -> terminal.type(typed));
        }
        terminal.client.post(terminal.client::finish);
    }
}
