// A client of Restante in one file, on Java's standard library (17 or newer), written from docs/PROTOCOL.md. The
// numbers in brackets are its rules. `java Restante.java --help` says how to start it.
//
// One thread owns everything: a client is a queue of tasks (a text arrived, a line was typed, the socket is gone), and
// each turn runs all that wait. A turn changes the state only by records, and these are written to the journal and
// flushed to the disk, once, before anything of that turn is shown, sent or acknowledged [T2] [T18]. So whatever the
// user saw, and whatever the mailbox was told, is in the journal; a process that is killed starts where that ends.

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
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Consumer;
import java.util.regex.*;
import java.util.zip.CRC32;

public final class Restante {
    // ---------------------------------------------------------------- the client

    /** The connection, and what goes over it. Every method runs on the client's one thread; `post` may be called from any. */
    static final class Client {
        static final long SECOND = 1_000_000_000L;
        static final long WELCOME_NS = 15 * SECOND, SILENCE_NS = 15 * SECOND, PONG_NS = 10 * SECOND, ANSWER_NS = 30 * SECOND;
        static final double BACKOFF_FIRST_S = 0.5, BACKOFF_MAX_S = 30;
        static final int UNANSWERED_MAX = 128;

        enum Status { CONNECTING, OPEN, WAITING, STOPPED }

        private final Consumer<String> screen; // takes each event as a line of JSON
        private final Store store;
        private final String url, user, device;
        private String token;
        private final HttpClient http = HttpClient.newHttpClient();
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        private final List<Runnable> afterFlush = new ArrayList<>();

        private Status status = Status.STOPPED;
        private final String instance = Long.toString(new Random().nextLong() >>> 1, 36);
        private int attempt; // [R6], and what tells a late event of an earlier socket from one of this socket [T1]
        private WebSocket socket;
        private CompletableFuture<?> sending;
        private long heard, pinged, opened, retryAt, connectBy; // System.nanoTime(); pinged: 0 without a ping under way
        private int failures; // in a row: the exponent of the back-off
        private String welcomedAs; // the canonical name
        private long headThen, lastIdThen; // of the `welcome`
        private long textBytes, frames;
        private List<String> watched;

        private final TreeMap<Long, Item> unanswered = new TreeMap<>(); // by id: sent on this socket
        private long lastId; // the highest id that the mailbox has accepted, as far as this client knows
        private boolean isEnding;
        private boolean isDraining; // a message was refused: nothing is sent before everything under way is answered [T5]
        private int allowed = UNANSWERED_MAX;
        private long heldUntil, sayAgainAt; // 0: not at all
        private final Map<String, Long> heldReceivers = new HashMap<>(); // [T7]
        private int retries; // of failures inside the mailbox without a `retryAfter`

        Client(Consumer<String> screen, String url, String user, String device, String token, Path journal) throws IOException {
            this.screen = screen;
            this.url = url.replaceFirst("^http", "ws").replaceFirst("/+$", "");
            this.user = user;
            this.token = token;
            this.store = new Store(journal, user, device);
            this.device = store.device;
        }

        void post(Runnable task) {
            tasks.add(task);
        }

        /** Runs the client for ever: turns of all tasks that wait, one flush each. */
        void run() throws InterruptedException, IOException {
            connect();
            for (Runnable task = null; ; task = tasks.poll(Math.max(1, nextDeadline() - now()), TimeUnit.NANOSECONDS)) {
                for (; task != null; task = tasks.poll()) {
                    task.run();
                    store.endTransaction();
                }
                checkDeadlines();
                pump();
                store.flush();
                for (Runnable effect : afterFlush.toArray(new Runnable[0])) effect.run();
                afterFlush.clear();
                if (isEnding && store.outbox.isEmpty()) close();
            }
        }

        // What the user does

        void send(String key, String to, String body) {
            if (!store.outbox.containsKey(key)) store.record("put", "key", key, "to", to, "body", new Raw(body));
            afterFlush.add(() -> show("kept", "key", key, "to", to, "body", new Raw(body)));
        }

        void read(String peer, long seq) {
            // What lies after the cursor was not shown; a `read` of it, said again later, would cover newer messages [E3].
            long shown = Math.min(seq, store.cursor);
            if (shown <= store.known(peer, "mine") || shown <= store.reads.getOrDefault(canonical(peer), 0L)) return;
            store.record("read", "peer", canonical(peer), "seq", shown);
            if (status == Status.OPEN) sendRead(canonical(peer), shown);
        }

        void watch(List<String> peers) {
            watched = peers;
            if (status == Status.OPEN) sendWatch();
        }

        void present(String fresh) { // [T19]
            token = fresh;
            if (status == Status.OPEN) transmit(Json.write("type", "token", "token", token));
            else if (status != Status.CONNECTING) connect();
        }

        void check() {
            if (status == Status.WAITING) connect();
            else if (status == Status.OPEN) ping();
        }

        void close() {
            try {
                if (socket != null) socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(1, TimeUnit.SECONDS);
            } catch (Exception isGone) {
                System.exit(0);
            }
            System.exit(0);
        }

        void closeWhenSent() {
            isEnding = true;
        }

        // Connecting [T1] [T12] [T13]

        private void connect() {
            status = Status.CONNECTING;
            show("connecting");
            int mine = ++attempt;
            connectBy = now() + WELCOME_NS;
            String query = "?device=" + device + "&attempt=" + instance + "." + attempt;
            if (store.cursorEpoch != null) query += "&cursor=" + store.cursor + "&epoch=" + encode(store.cursorEpoch);
            WebSocket.Builder builder = http.newWebSocketBuilder().subprotocols("restante.v1");
            if (token != null) builder.header("Authorization", "Bearer " + token);
            sending = CompletableFuture.completedFuture(null);
            builder.buildAsync(URI.create(url + "/client/" + encode(user) + query), new Listener(this, mine)).exceptionally(failure -> {
                Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                if (cause instanceof WebSocketHandshakeException refused) {
                    HttpResponse<?> answer = refused.getResponse();
                    long wait = answer.headers().firstValue("Retry-After").filter(s -> s.matches("\\d{1,9}")).map(Long::parseLong).orElse(0L);
                    post(() -> ended(mine, closeCode(answer.statusCode()), "HTTP " + answer.statusCode(), wait * 1000));
                } else post(() -> ended(mine, 1006, String.valueOf(cause), 0));
                return null;
            });
        }

        /** A refused upgrade has an HTTP status in place of a close code [D7] [U8]. */
        private static int closeCode(int httpStatus) {
            return switch (httpStatus) {
                case 400, 404, 426 -> 4400;
                case 401 -> 4401;
                case 403 -> 4403;
                case 429 -> 4429;
                default -> 1006;
            };
        }

        private void opened(int of, WebSocket one) {
            if (of != attempt || status != Status.CONNECTING) one.abort();
            else if (!one.getSubprotocol().equals("restante.v1")) {
                one.abort();
                ended(of, 4406, "The server does not speak restante.v1.", 0);
            } else {
                socket = one;
                heard = now();
                pinged = 0;
            }
        }

        private void hangUp() {
            status = Status.STOPPED;
            attempt++; // Late events of the socket are of no interest.
            socket = null;
            unanswered.clear();
            isDraining = false;
        }

        /** The connection is over: what the code says about the next one [C2]. */
        private void ended(int of, int code, String why, long retryAfter) {
            if (of != attempt || status != Status.CONNECTING && status != Status.OPEN) return;
            WebSocket last = socket;
            if (status == Status.OPEN && now() - opened > 10 * SECOND) failures = 0;
            hangUp();
            if (last != null) { // The server waits for the answer to its close [C1].
                last.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(isGone -> null);
                CompletableFuture.delayedExecutor(5, TimeUnit.SECONDS).execute(last::abort);
            }
            boolean isFinal = switch (code) {
                case 4400, 4401, 4403, 4406, 4409, 1009 -> true; // 4401: until the user has another token
                default -> code >= 4450 && code < 4480; // [C3]
            };
            if (isFinal) {
                show("stopped", "code", (long) code, "why", why);
                return;
            }
            double backOff = Math.min(BACKOFF_MAX_S, BACKOFF_FIRST_S * Math.pow(2, Math.min(failures++, 20)));
            retryAt = now() + retryAfter * 1_000_000 + (long) (backOff * (0.5 + Math.random() / 2) * SECOND);
            status = Status.WAITING;
            show("waiting", "code", (long) code, "why", why);
        }

        private void ping() { // [F6] [T11]
            pinged = now();
            transmit("ping");
        }

        private long nextDeadline() {
            long next = now() + 60 * SECOND;
            if (status == Status.CONNECTING) next = Math.min(next, connectBy);
            if (status == Status.WAITING) next = Math.min(next, retryAt);
            if (status != Status.OPEN) return next;
            next = Math.min(next, pinged != 0 ? pinged + PONG_NS : heard + SILENCE_NS);
            if (!unanswered.isEmpty()) next = Math.min(next, unanswered.firstEntry().getValue().sentAt + ANSWER_NS);
            if (heldUntil != 0) next = Math.min(next, heldUntil);
            if (sayAgainAt != 0) next = Math.min(next, sayAgainAt);
            for (long until : heldReceivers.values()) next = Math.min(next, until);
            return next;
        }

        private void checkDeadlines() {
            long now = now();
            if (status == Status.WAITING && now >= retryAt) connect();
            if (status == Status.CONNECTING && now >= connectBy) ended(attempt, 1006, "no welcome", 0);
            if (status != Status.OPEN) return;
            if (heldUntil != 0 && now >= heldUntil) heldUntil = 0;
            heldReceivers.values().removeIf(until -> now >= until);
            if (sayAgainAt != 0 && now >= sayAgainAt) sayAgain();
            if (pinged != 0 && heard > pinged) pinged = 0;
            if (pinged == 0 && now - heard >= SILENCE_NS) ping();
            if (pinged != 0 && now - pinged >= PONG_NS) ended(attempt, 1006, "no pong", 0);
            else if (!unanswered.isEmpty() && now - unanswered.firstEntry().getValue().sentAt >= ANSWER_NS)
                ended(attempt, 1006, "no answer", 0);
        }

        // What the mailbox says

        private void text(int of, String text) {
            if (of != attempt || socket == null) return;
            heard = now();
            if (text.equals("pong")) return;
            List<Map<String, String>> read = new ArrayList<>();
            try {
                if (text.stripLeading().startsWith("[")) for (String frame : Json.array(text)) read.add(Json.object(frame));
                else read.add(Json.object(text));
            } catch (IllegalArgumentException unreadable) {
                ended(of, 1006, "an unreadable text: " + unreadable.getMessage(), 0); // Nothing of it is lost: the cursor is before it.
                return;
            }
            boolean isLog = false;
            for (Map<String, String> frame : read) {
                if (of != attempt) return;
                Long seq = Json.whole(frame.get("seq"));
                String type = String.valueOf(Json.string(frame.get("type")));
                if (status == Status.CONNECTING && !type.equals("welcome") && !type.equals("closing")) continue;
                if (seq == null) answer(type, frame);
                else {
                    log(type, seq, frame);
                    isLog = true;
                }
            }
            if (isLog) afterFlush.add(() -> sendFrom(of, Json.write("type", "ack", "seq", store.cursor))); // [T18]
        }

        private void answer(String type, Map<String, String> frame) {
            String code = Json.string(frame.get("code"));
            switch (type) {
                case "welcome" -> welcome(frame);
                case "accepted" -> accepted(Json.number(frame.get("id")), Json.number(frame.get("entry")), Json.string(frame.get("state")));
                case "refused" -> refused(Json.number(frame.get("id")), String.valueOf(code), frame);
                case "mark" -> mark(frame, false);
                case "typing" -> show(type, "from", Json.string(frame.get("from")));
                case "presence" -> show(type, "user", Json.string(frame.get("user")), "online", new Raw(frame.get("online")));
                case "error" -> {
                    show("error", "code", code, "why", Json.string(frame.get("message")));
                    if (frame.containsKey("retryAfter")) sayAgainAt = now() + Json.number(frame.get("retryAfter")) * 1_000_000;
                }
                case "closing" -> ended(attempt, (int) Json.number(frame.get("code")), Json.string(frame.get("message")),
                    Json.number(frame.get("retryAfter")));
                default -> { } // [T17]
            }
        }

        private void welcome(Map<String, String> frame) {
            if (status != Status.CONNECTING) return;
            String epoch = String.valueOf(Json.string(frame.get("epoch")));
            Map<String, String> limits = frame.containsKey("limits") ? Json.object(frame.get("limits")) : Map.of();
            textBytes = Json.number(limits.getOrDefault("textBytes", "1000000"));
            frames = Json.number(limits.getOrDefault("frames", "4096"));
            welcomedAs = Json.string(frame.get("user"));
            headThen = Json.number(frame.get("head"));
            lastId = lastIdThen = Json.number(frame.get("lastId"));
            status = Status.OPEN;
            opened = now();
            show("open", "user", welcomedAs);
            // What the log has shown was accepted. It is in no log any more, and is not sent under another number [T8] [T9].
            for (Item item : List.copyOf(store.outbox.values()))
                if (item.entry != 0 && (item.id > lastId || !epoch.equals(store.idEpoch))) settle(item, item.entry, "queued");
            store.record("welcome", "epoch", epoch, "lastId", lastId); // renumbers [T3]
            heldUntil = 0;
            allowed = UNANSWERED_MAX;
            sayAgain();
        }

        private void sayAgain() { // [T15] [T16]
            sayAgainAt = 0;
            store.reads.forEach(this::sendRead);
            if (watched != null) sendWatch();
        }

        private void log(String type, long seq, Map<String, String> frame) {
            boolean isSameLog = store.idEpoch.equals(store.cursorEpoch);
            if (type.equals("gap")) {
                long from = Json.number(frame.get("from"));
                if (!isSameLog || seq != store.cursor || from != store.gapFrom) afterFlush.add(() -> show("gap", "from", from, "seq", seq));
                store.record("gap", "epoch", store.idEpoch, "from", from, "seq", seq); // The cursor may go back [T10].
                return;
            }
            if (isSameLog && seq <= store.cursor) return;
            switch (type) {
                case "message" -> message(seq, frame);
                case "mark" -> mark(frame, true);
                case "failed" -> {
                    String key = store.keys.get(Json.number(frame.get("of")));
                    String code = Json.string(frame.get("code")), why = Json.string(frame.get("message"));
                    if (key != null) afterFlush.add(() -> show("failed", "key", key, "code", code, "why", why));
                }
                case "peer" -> show("peer", "peer", Json.string(frame.get("peer")), "standing", Json.string(frame.get("standing")));
                case "notice" -> show("notice", "why", Json.string(frame.get("message")));
                default -> { } // It moves the cursor all the same [T17].
            }
            store.record("cursor", "epoch", store.idEpoch, "seq", seq);
        }

        private void message(long seq, Map<String, String> frame) {
            String from = Json.string(frame.get("from")), to = Json.string(frame.get("to"));
            if (!frame.containsKey("id")) {
                long origin = Json.number(frame.get("origin"));
                if (store.wasShown(from, origin)) return; // [T14]
                store.record("shown", "from", from, "origin", origin);
                showMessage(seq, from, to, frame.getOrDefault("body", "null"), false);
                return;
            }
            // An older device of the same name had the same ids: only what lies on the same side of `welcome` is this one's.
            long id = Json.number(frame.get("id"));
            Item item = device.equals(Json.string(frame.get("device"))) && id <= lastIdThen == seq <= headThen ? store.byId.get(id) : null;
            String body = frame.getOrDefault("body", item == null ? "null" : item.body); // left out on the socket that sent it [L3]
            if (item != null) store.record("seen", "key", item.key, "entry", seq);
            showMessage(seq, from, to, body, item != null);
        }

        private void showMessage(long seq, String from, String to, String body, boolean isTyped) {
            Raw written = new Raw(body), typed = new Raw(String.valueOf(isTyped));
            afterFlush.add(() -> show("message", "seq", seq, "from", from, "to", to, "body", written, "typed", typed));
        }

        private void mark(Map<String, String> frame, boolean isDurable) { // [E6] [L6]
            String peer = Json.string(frame.get("peer"));
            for (String field : Store.MARKS) {
                long value = Json.number(frame.get(field));
                if (!isDurable && field.equals("mine") && value > store.known(peer, "mine")) // [E7]
                    store.record("read", "peer", peer, "seq", value);
                if (value > 0) store.record("mark", "peer", peer, "field", field, "value", value, "isDurable", isDurable ? 1L : 0L);
            }
            List<Object> event = new ArrayList<>(List.of("mark", "peer", peer));
            store.marks.getOrDefault(peer, Map.of()).forEach((field, value) -> event.addAll(List.of(field, value)));
            afterFlush.add(() -> show(event.toArray()));
        }

        // Sending [T3] to [T7]

        private void accepted(long id, long entry, String state) {
            lastId = Math.max(lastId, id);
            Item item = unanswered.remove(id);
            if (item == null) return;
            allowed = Math.min(UNANSWERED_MAX, allowed + 1);
            retries = 0;
            settle(item, entry, state);
        }

        /** Shown before it is in the journal: if it is lost there, the message is sent again, and answered again. */
        private void settle(Item item, long entry, String state) {
            show("accepted", "key", item.key, "seq", entry, "state", state);
            store.record("answer", "key", item.key, "entry", entry);
        }

        private void refused(long id, String code, Map<String, String> frame) {
            Item item = unanswered.remove(id);
            if (item == null) return;
            isDraining = true;
            boolean isMisnumbered = code.equals("out_of_order") || code.equals("id_reused");
            boolean isLater = frame.containsKey("retryAfter");
            if (isMisnumbered && id == lastId + 1) { // The mailbox disagrees on the next number: its next `welcome` says it [T6].
                ended(attempt, 1006, code, 0);
                return;
            }
            store.record("free", "key", item.key);
            if (isMisnumbered) return;
            long wait = Json.number(frame.get("retryAfter")) * 1_000_000;
            if (!isLater && (code.equals("internal") || code.equals("unable_to_store"))) {
                wait = SECOND << Math.min(retries++, 6);
                isLater = true;
            }
            if (!isLater) fail(item, code, Json.string(frame.get("message")));
            else if ("receiver".equals(Json.string(frame.get("affects")))) heldReceivers.put(canonical(item.to), now() + wait);
            else {
                heldUntil = now() + wait;
                allowed = 1;
            }
        }

        private void fail(Item item, String code, String why) {
            show("failed", "key", item.key, "code", code, "why", why);
            store.record("end", "key", item.key);
        }

        /** Sends what may be sent now, as one text, once its numbers are in the journal. */
        private void pump() {
            if (unanswered.isEmpty()) isDraining = false;
            if (status != Status.OPEN || isDraining || heldUntil != 0) return;
            long next = Math.max(lastId, unanswered.isEmpty() ? 0 : unanswered.lastKey()) + 1;
            long bytes = 2;
            List<String> sends = new ArrayList<>();
            for (Item item : List.copyOf(store.outbox.values())) {
                if (unanswered.size() >= Math.min(allowed, frames)) break;
                if (unanswered.get(item.id) == item || heldReceivers.containsKey(canonical(item.to))) continue;
                long id = item.id != 0 ? item.id : next;
                String frame = Json.write("type", "send", "id", id, "to", item.to, "body", new Raw(item.body));
                int size = frame.getBytes(StandardCharsets.UTF_8).length + 1;
                if (size > textBytes - 2) { // Sent, it would end this connection and each later one with 1009 [F4].
                    fail(item, "too_large", "The message is larger than a text may be.");
                    continue;
                }
                if (bytes + size > textBytes) break;
                bytes += size;
                if (item.id == 0) store.record("number", "key", item.key, "id", next++);
                item.sentAt = now();
                unanswered.put(id, item);
                sends.add(frame);
            }
            store.endTransaction();
            if (!sends.isEmpty()) transmit(sends.size() == 1 ? sends.get(0) : "[" + String.join(",", sends) + "]");
        }

        private void sendRead(String peer, long seq) {
            transmit(Json.write("type", "read", "peer", peer, "seq", seq));
        }

        private void sendWatch() {
            transmit("{\"type\":\"watch\",\"peers\":[" + String.join(",", watched.stream().map(Json::quote).toList()) + "]}");
        }

        private void transmit(String text) {
            int of = attempt;
            afterFlush.add(() -> sendFrom(of, text));
        }

        /** Java takes one text at a time: each waits for the one before. */
        private void sendFrom(int of, String text) {
            WebSocket to = socket;
            if (of != attempt || to == null) return;
            sending = sending.thenCompose(done -> to.sendText(text, true));
            sending.exceptionally(failure -> {
                post(() -> ended(of, 1006, String.valueOf(failure.getMessage()), 0));
                return null;
            });
        }

        private void show(Object... event) {
            screen.accept(Json.event(event));
        }

        private static long now() {
            return System.nanoTime();
        }
    }

    /** Brings what happens on one socket to the client's thread. The next text is requested when the last was handled. */
    record Listener(Client client, int attempt, StringBuilder part) implements WebSocket.Listener {
        Listener(Client client, int attempt) {
            this(client, attempt, new StringBuilder());
        }

        @Override public void onOpen(WebSocket socket) {
            client.post(() -> client.opened(attempt, socket));
            socket.request(1);
        }

        @Override public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean isLast) {
            part.append(data);
            if (isLast) {
                String text = part.toString();
                part.setLength(0);
                client.post(() -> client.text(attempt, text));
                client.post(() -> client.afterFlush.add(() -> socket.request(1)));
            } else socket.request(1);
            return null;
        }

        @Override public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            client.post(() -> client.ended(attempt, code, reason, 0));
            return null;
        }

        @Override public void onError(WebSocket socket, Throwable failure) {
            client.post(() -> client.ended(attempt, 1006, String.valueOf(failure.getMessage()), 0));
        }
    }

    // ---------------------------------------------------------------- the journal

    /** A message of the outbox, until the mailbox has accepted it and the log has shown it [T4]. */
    static final class Item {
        final String key, to, body; // the body as JSON text: written anew it might be another one [S2]
        long id; // 0: no number yet
        long entry; // its seq, 0 if that is not known
        long sentAt;

        Item(String key, String to, String body) {
            this.key = key;
            this.to = to;
            this.body = body;
        }
    }

    /** What the client knows, and the journal that it is read from: `apply` alone changes it, at first and after a restart. */
    static final class Store {
        static final List<String> MARKS = List.of("stored", "delivered", "read", "mine");
        static final int ORIGINS_MAX = 10_000, KEYS_MAX = 10_000;
        static final long COMPACT_BYTES = 1 << 20;

        String user, device;
        String idEpoch, cursorEpoch; // They differ between a `welcome` of another epoch and its `gap`.
        long cursor, gapFrom;
        final LinkedHashMap<String, Item> outbox = new LinkedHashMap<>(); // without an answer, in the order of the user
        final Map<Long, Item> byId = new HashMap<>();
        final TreeMap<Long, Item> unseen = new TreeMap<>(); // accepted, by entry; the log has not shown it yet
        final LinkedHashMap<Long, String> keys = new LinkedHashMap<>(); // of the entries, for `failed`
        final Map<String, TreeSet<Long>> shown = new HashMap<>(); // the newest origins of each author
        final Map<String, Map<String, Long>> marks = new HashMap<>();
        final Map<String, Long> reads = new HashMap<>(); // not known to be durable in the mailbox

        private final FileChannel file;
        private final List<String> transaction = new ArrayList<>();
        private final StringBuilder lines = new StringBuilder();

        Store(Path path, String user, String device) throws IOException {
            if (path.toAbsolutePath().getParent() != null) Files.createDirectories(path.toAbsolutePath().getParent());
            FileChannel lock = FileChannel.open(Path.of(path + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.tryLock() == null) throw new IOException(path + " is in use by another process.");
            long end = replay(path);
            boolean isLarge = end > COMPACT_BYTES;
            Path next = isLarge ? Path.of(path + ".next") : path;
            if (isLarge) Files.deleteIfExists(next);
            file = FileChannel.open(next, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isLarge) {
                snapshot();
                flush();
                Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
            } else {
                file.truncate(end); // An incomplete line of a crash: nobody was shown or sent anything of it.
                file.position(end);
            }
            try (FileChannel folder = FileChannel.open(path.toAbsolutePath().getParent())) {
                folder.force(true);
            }
            if (this.user == null)
                record("owner", "user", user, "device", device != null ? device : "java-" + Long.toString(new Random().nextLong() >>> 1, 36));
            if (!this.user.equals(user) || device != null && !this.device.equals(device))
                throw new IOException(path + " belongs to " + this.user + " on " + this.device + ".");
            endTransaction();
            flush();
        }

        /** A record: a kind, then names and values. It takes effect here at once, and on the disk with its whole transaction. */
        void record(Object... kindAndFields) {
            String line = Json.event(kindAndFields);
            transaction.add(line);
            apply(Json.object(line));
        }

        /** A transaction is one line with a checksum: it is there as a whole after a crash, or not at all. */
        void endTransaction() {
            if (transaction.isEmpty()) return;
            String line = "[" + String.join(",", transaction) + "]";
            lines.append(String.format("%08x ", checksum(line))).append(line).append('\n');
            transaction.clear();
        }

        void flush() throws IOException {
            if (lines.length() == 0) return;
            for (ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8)); bytes.hasRemaining(); ) file.write(bytes);
            file.force(false);
            lines.setLength(0);
        }

        private long replay(Path path) throws IOException {
            byte[] all = Files.exists(path) ? Files.readAllBytes(path) : new byte[0];
            int end = 0;
            for (int at = 0; at < all.length; at++) {
                if (all[at] != '\n') continue;
                String line = new String(all, end, at - end, StandardCharsets.UTF_8);
                if (line.length() < 9 || !line.substring(0, 8).equals(String.format("%08x", checksum(line.substring(9))))) break;
                for (String record : Json.array(line.substring(9))) apply(Json.object(record));
                end = at + 1;
            }
            return end;
        }

        private static long checksum(String line) {
            CRC32 crc = new CRC32();
            crc.update(line.getBytes(StandardCharsets.UTF_8));
            return crc.getValue();
        }

        private void apply(Map<String, String> of) {
            String key = Json.string(of.get("key")), peer = Json.string(of.get("peer"));
            long seq = Json.number(of.get("seq"));
            switch (Json.string(of.get("is"))) {
                case "owner" -> {
                    user = Json.string(of.get("user"));
                    device = Json.string(of.get("device"));
                }
                case "put" -> outbox.put(key, new Item(key, Json.string(of.get("to")), of.get("body")));
                case "number" -> number(outbox.get(key), Json.number(of.get("id")));
                case "free" -> number(outbox.get(key), 0);
                case "end" -> number(outbox.remove(key), 0);
                case "seen" -> {
                    Item item = outbox.get(key);
                    if (item != null) item.entry = Json.number(of.get("entry"));
                    addKey(Json.number(of.get("entry")), key);
                }
                case "answer" -> answered(outbox.remove(key), Json.number(of.get("entry")));
                case "entry" -> addKey(Json.number(of.get("entry")), key);
                case "welcome" -> welcome(Json.string(of.get("epoch")), Json.number(of.get("lastId")));
                case "cursor", "gap" -> {
                    cursorEpoch = Json.string(of.get("epoch"));
                    cursor = seq;
                    gapFrom = Json.number(of.get("from"));
                    Map<Long, Item> passed = unseen.headMap(seq, true);
                    for (Item item : passed.values()) byId.remove(item.id, item);
                    passed.clear();
                }
                case "shown" -> {
                    TreeSet<Long> origins = shown.computeIfAbsent(Json.string(of.get("from")), from -> new TreeSet<>());
                    origins.add(Json.number(of.get("origin")));
                    if (origins.size() > ORIGINS_MAX) origins.pollFirst();
                }
                case "mark" -> {
                    long value = Json.number(of.get("value"));
                    marks.computeIfAbsent(peer, one -> new HashMap<>()).merge(Json.string(of.get("field")), value, Math::max);
                    if (of.get("field").equals("\"mine\"") && of.get("isDurable").equals("1"))
                        reads.computeIfPresent(peer, (one, read) -> read <= value ? null : read);
                }
                case "read" -> reads.merge(peer, seq, Math::max);
                default -> throw new IllegalStateException("This journal is of a newer version.");
            }
        }

        /** [T3] [T8] [T9]: what the mailbox has keeps its number, everything else gets another one when it is sent. */
        private void welcome(String epoch, long lastId) {
            boolean isOther = !epoch.equals(idEpoch);
            idEpoch = epoch;
            for (Item item : outbox.values()) if (isOther || item.id > lastId) number(item, 0);
            for (Item item : unseen.values()) if (isOther || item.id > lastId) number(item, 0);
            if (!isOther) return;
            for (Map<?, ?> ofOldNumbers : List.of(unseen, keys, shown, marks, reads)) ofOldNumbers.clear();
        }

        private void number(Item item, long id) {
            byId.remove(item.id, item);
            item.id = id;
            if (id != 0) byId.put(id, item);
        }

        private void answered(Item item, long entry) {
            if (entry != 0) addKey(entry, item.key);
            if (entry != 0 && (entry > cursor || !idEpoch.equals(cursorEpoch))) unseen.put(entry, item);
            else number(item, 0);
        }

        private void addKey(long entry, String key) {
            keys.put(entry, key);
            if (keys.size() > KEYS_MAX) keys.remove(keys.keySet().iterator().next());
        }

        boolean wasShown(String from, long origin) {
            TreeSet<Long> origins = shown.getOrDefault(from, new TreeSet<>());
            return origins.contains(origin) || origins.size() >= ORIGINS_MAX && origin < origins.first();
        }

        long known(String peer, String field) {
            return marks.getOrDefault(canonical(peer), Map.of()).getOrDefault(field, 0L);
        }

        /** The records that lead to the present state. */
        private void snapshot() {
            List<Object[]> all = new ArrayList<>();
            all.add(new Object[] {"owner", "user", user, "device", device});
            if (idEpoch != null) all.add(new Object[] {"welcome", "epoch", idEpoch, "lastId", 0L});
            if (cursorEpoch != null) all.add(new Object[] {"gap", "epoch", cursorEpoch, "seq", cursor, "from", gapFrom});
            List<Item> items = new ArrayList<>(unseen.values());
            items.addAll(outbox.values());
            for (Item item : items) {
                all.add(new Object[] {"put", "key", item.key, "to", item.to, "body", new Raw(item.body)});
                if (item.id != 0) all.add(new Object[] {"number", "key", item.key, "id", item.id});
                if (item.entry != 0) all.add(new Object[] {"seen", "key", item.key, "entry", item.entry});
            }
            unseen.forEach((entry, item) -> all.add(new Object[] {"answer", "key", item.key, "entry", entry}));
            keys.forEach((entry, key) -> all.add(new Object[] {"entry", "entry", entry, "key", key}));
            shown.forEach((from, origins) -> origins.forEach(origin -> all.add(new Object[] {"shown", "from", from, "origin", origin})));
            marks.forEach((peer, fields) -> fields.forEach((field, value) ->
                all.add(new Object[] {"mark", "peer", peer, "field", field, "value", value, "isDurable", 0L})));
            reads.forEach((peer, seq) -> all.add(new Object[] {"read", "peer", peer, "seq", seq}));
            for (Map<?, ?> before : List.of(outbox, byId, unseen, keys, shown, marks, reads)) before.clear();
            all.forEach(this::record);
            endTransaction();
        }
    }

    // ---------------------------------------------------------------- JSON

    /** A value that is JSON text already. */
    record Raw(String text) { }

    /** JSON as text: an object is its fields, each still text, so bodies stay what they were, to the last digit. */
    static final class Json {
        private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
        private static final int LEVELS_MAX = 1_000;
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        /** The fields of an object. Of two with one name the last counts, as for JavaScript. */
        static Map<String, String> object(String text) {
            Json json = new Json(text);
            Map<String, String> fields = new LinkedHashMap<>();
            json.space();
            json.fields(fields, 0);
            json.end();
            return fields;
        }

        static List<String> array(String text) {
            Json json = new Json(text);
            List<String> items = new ArrayList<>();
            json.space();
            json.items(items, 0);
            json.end();
            return items;
        }

        /** The value of a string, null for anything else. */
        static String string(String raw) {
            return raw == null || !raw.startsWith("\"") ? null : new Json(raw).quoted();
        }

        /** A whole number below 2^53, null for anything else. */
        static Long whole(String raw) {
            if (raw == null || !NUMBER.matcher(raw).matches()) return null;
            try {
                long value = new BigDecimal(raw).longValueExact();
                return Math.abs(value) < 1L << 53 ? value : null;
            } catch (ArithmeticException | NumberFormatException isNone) {
                return null;
            }
        }

        /** A whole number, 0 if there is none. */
        static long number(String raw) {
            Long value = whole(raw);
            return value == null ? 0 : value;
        }

        /** An object of names and values: strings, whole numbers, or JSON text. */
        static String write(Object... namesAndValues) {
            StringJoiner fields = new StringJoiner(",", "{", "}");
            for (int i = 0; i < namesAndValues.length; i += 2) {
                Object value = namesAndValues[i + 1];
                String written = value instanceof Raw raw ? raw.text : value instanceof Long ? value.toString() : quote((String) value);
                fields.add(quote((String) namesAndValues[i]) + ":" + written);
            }
            return fields.toString();
        }

        /** The same, with the first value as the field `is`. */
        static String event(Object... isAndFields) {
            List<Object> all = new ArrayList<>(List.of("is"));
            all.addAll(Arrays.asList(isAndFields));
            return write(all.toArray());
        }

        /** A string; what UTF-8 can't carry (half a surrogate pair) and control characters are escaped. */
        static String quote(String value) {
            if (value == null) return "null";
            StringBuilder out = new StringBuilder("\"");
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                boolean isPair = Character.isHighSurrogate(c) && i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1));
                if (isPair) out.append(c).append(value.charAt(++i));
                else if (c == '"' || c == '\\') out.append('\\').append(c);
                else if (c == '\n') out.append("\\n");
                else if (c < ' ' || c >= 0x7f && c < 0xa0 || Character.isSurrogate(c)) out.append(String.format("\\u%04x", (int) c));
                else out.append(c);
            }
            return out.append('"').toString();
        }

        private String value(int level) {
            int start = at;
            if (level > LEVELS_MAX) throw wrong("too deep");
            char c = peek();
            if (c == '{') fields(new HashMap<>(), level);
            else if (c == '[') items(new ArrayList<>(), level);
            else if (c == '"') quoted();
            else if (!List.of("true", "false", "null").stream().anyMatch(this::take)) {
                Matcher number = NUMBER.matcher(text).region(at, text.length());
                if (!number.lookingAt()) throw wrong("no value");
                at = number.end();
            }
            return text.substring(start, at);
        }

        private void fields(Map<String, String> into, int level) {
            if (!take("{")) throw wrong("no object");
            space();
            if (take("}")) return;
            do {
                space();
                String name = quoted();
                space();
                if (!take(":")) throw wrong("no colon");
                space();
                into.put(name, value(level + 1));
                space();
            } while (take(","));
            if (!take("}")) throw wrong("no end of an object");
        }

        private void items(List<String> into, int level) {
            if (!take("[")) throw wrong("no array");
            space();
            if (take("]")) return;
            do {
                space();
                into.add(value(level + 1));
                space();
            } while (take(","));
            if (!take("]")) throw wrong("no end of an array");
        }

        private String quoted() {
            if (!take("\"")) throw wrong("no string");
            StringBuilder out = new StringBuilder();
            for (; peek() != '"'; at++) {
                char c = text.charAt(at);
                if (c < ' ') throw wrong("a control character");
                if (c != '\\') {
                    out.append(c);
                    continue;
                }
                at++;
                int escape = "\"\\/bfnrt".indexOf(peek());
                if (escape >= 0) out.append("\"\\/\b\f\n\r\t".charAt(escape));
                else if (peek() == 'u' && text.substring(at + 1).length() >= 4 && text.substring(at + 1, at + 5).matches("[0-9A-Fa-f]{4}")) {
                    out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                } else throw wrong("an unknown escape");
            }
            at++;
            return out.toString();
        }

        private void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        }

        private boolean take(String expected) {
            boolean isThere = text.startsWith(expected, at);
            if (isThere) at += expected.length();
            return isThere;
        }

        private char peek() {
            if (at >= text.length()) throw wrong("an early end");
            return text.charAt(at);
        }

        private void end() {
            space();
            if (at < text.length()) throw wrong("more than one value");
        }

        private IllegalArgumentException wrong(String what) {
            return new IllegalArgumentException(what + " at character " + at);
        }
    }

    // ---------------------------------------------------------------- the two ways to use it

    static String canonical(String name) { // [N2]
        String folded = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return Normalizer.normalize(folded, Normalizer.Form.NFKC);
    }

    static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** In a terminal: prints what the client shows; what was printed counts as read. */
    static final class Console {
        Client client;

        void show(String line) {
            Map<String, String> event = Json.object(line);
            switch (Json.string(event.get("is"))) {
                case "open" -> print("* connected as " + get(event, "user"));
                case "waiting" -> print("* no connection (" + get(event, "why") + "), trying again");
                case "stopped" -> {
                    System.err.println("The server closed the mailbox: " + get(event, "why") + " (" + event.get("code") + ")");
                    System.exit(1);
                }
                case "kept" -> print("to " + get(event, "to") + ": " + get(event, "body"));
                case "accepted" -> print("* " + get(event, "state"));
                case "failed" -> print("* not sent: " + get(event, "code") + ": " + get(event, "why"));
                case "message" -> {
                    String from = get(event, "from");
                    boolean isOwn = from.equals(client.welcomedAs);
                    if (!event.get("typed").equals("true")) print((isOwn ? "to " + get(event, "to") : from) + ": " + get(event, "body"));
                    if (!isOwn) client.post(() -> client.read(from, Json.number(event.get("seq"))));
                }
                case "mark" -> {
                    for (String field : Store.MARKS)
                        if (event.containsKey(field)) print("* " + get(event, "peer") + ": " + field + " up to " + event.get(field));
                }
                case "gap" -> print("* messages up to " + event.get("seq") + " are lost");
                case "typing" -> print("* " + get(event, "from") + " is typing");
                case "error", "notice" -> print("* " + get(event, "why"));
                default -> { }
            }
        }

        /** A string as its text, anything else as JSON. Control characters stay escaped: they would steer the terminal. */
        private static String get(Map<String, String> event, String name) {
            String value = Json.string(event.get(name));
            if (value == null) return event.get(name);
            StringBuilder safe = new StringBuilder();
            for (char c : value.toCharArray()) safe.append(Character.isISOControl(c) ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            return safe.toString();
        }

        void type(String line) {
            int space = line.indexOf(' ');
            if (space <= 0) print("* Type a name, a space and a text: bob hello");
            else client.send(UUID.randomUUID().toString(), line.substring(0, space), Json.quote(line.substring(space + 1)));
        }
    }

    /** For the conformance runner: commands on stdin, events on stdout, one JSON object a line. */
    static final class Adapter {
        private Client client;

        void command(String line) throws IOException {
            Map<String, String> command = Json.object(line);
            String what = get(command, "do");
            if (what.equals("open")) {
                client = new Client(Restante::print, get(command, "url"), get(command, "user"), get(command, "device"), get(command, "token"),
                    Path.of(get(command, "state"), "journal"));
                Thread owner = new Thread(() -> Restante.run(client));
                owner.start();
            } else if (!List.of("send", "read", "watch", "token", "check", "close").contains(what)) print(Json.event("unsupported", "do", what));
            else client.post(() -> {
                switch (what) {
                    case "send" -> client.send(get(command, "key"), get(command, "to"), command.get("body"));
                    case "read" -> client.read(get(command, "peer"), Json.number(command.get("seq")));
                    case "watch" -> client.watch(Json.array(command.get("peers")).stream().map(Json::string).toList());
                    case "token" -> client.present(get(command, "token"));
                    case "check" -> client.check();
                    default -> client.close();
                }
            });
        }

        private static String get(Map<String, String> command, String name) {
            return Json.string(command.get(name));
        }
    }

    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    static void print(String line) {
        OUT.println(line);
    }

    static void run(Client client) {
        try {
            client.run();
        } catch (IOException | InterruptedException | RuntimeException failure) {
            failure.printStackTrace(); // The journal can't be written: nothing may be sent or shown any more.
            System.exit(2);
        }
    }

    private static final String HELP = """
        java Restante.java NAME [--url http://localhost:8787] [--token TOKEN] [--state FILE] [--device NAME]
        Then type "bob hello": it is sent to bob. The token may be in the variable RESTANTE_TOKEN, too.
        java Restante.java --conformance: commands and events as JSON, for the conformance runner.""";

    public static void main(String[] args) throws Exception {
        Map<String, String> flags = new HashMap<>(Map.of("--url", "http://localhost:8787"));
        String user = null;
        boolean isRight = true;
        for (int i = 0; i < args.length; i++) {
            if (List.of("--help", "--conformance").contains(args[i])) flags.put(args[i], "");
            else if (List.of("--url", "--token", "--state", "--device").contains(args[i]) && i + 1 < args.length) flags.put(args[i], args[++i]);
            else if (args[i].startsWith("-") || user != null) isRight = false;
            else user = args[i];
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (flags.containsKey("--conformance")) {
            print(Json.event("ready", "name", "restante java", "version", "1"));
            Adapter adapter = new Adapter();
            for (String line; (line = in.readLine()) != null; ) adapter.command(line);
            System.exit(0);
        }
        if (!isRight || user == null || flags.containsKey("--help")) {
            System.err.println(HELP);
            System.exit(flags.containsKey("--help") ? 0 : 1);
        }
        Path journal = Path.of(flags.getOrDefault("--state", "restante-" + encode(canonical(user)) + ".journal"));
        Console console = new Console();
        String token = flags.getOrDefault("--token", System.getenv("RESTANTE_TOKEN"));
        Client client = new Client(console::show, flags.get("--url"), canonical(user), flags.get("--device"), token, journal);
        console.client = client;
        new Thread(() -> run(client)).start();
        for (String line; (line = in.readLine()) != null; ) {
            String typed = line;
            client.post(() -> console.type(typed));
        }
        client.post(() -> client.closeWhenSent()); // The end of the input: what was typed is still sent.
    }
}
